// What ranks do while one of them is killed.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "worker/collective/communicator.h"

namespace gvsl::collective {

// Tree sums, one slot a rank, until one fails; `done` is told the number of those that did not.
inline Status SumUntilError(Communicator& communicator, std::size_t floats,
                            const std::function<void(int)>& done) {
  const SlotTree tree(communicator.size());
  std::vector<int> owners;
  for (int rank = 0; rank < communicator.size(); ++rank) owners.push_back(rank);
  std::vector<float> gradient(floats, 1.0F), total(floats);
  for (int sums = 1;; ++sums) {
    std::map<SlotNode, std::span<float>> parts;
    parts[{communicator.rank(), communicator.rank() + 1}] = gradient;
    GVSL_RETURN_IF_ERROR(communicator.TreeSum(tree, owners, parts, total));
    done(sums);
  }
}

}  // namespace gvsl::collective
