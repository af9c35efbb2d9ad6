// What every slot has to tell, told to all ranks: a tree-sum of rows that are zero elsewhere.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

#include "common/status.h"
#include "worker/collective/communicator.h"
#include "worker/collective/slot_tree.h"

namespace gvsl::trainer {

// Of one rank. One exchange is Put for each own slot, ascending, then Gather. Not thread-safe.
class SlotExchange {
 public:
  // `owners` is the rank by slot; every slot tells `floats` numbers. The communicator is borrowed.
  SlotExchange(collective::Communicator& communicator, std::vector<int> owners, std::size_t floats);

  // `row` has at most `floats` elements, on any device; the rest are zeros.
  void Put(int slot, const at::Tensor& row);
  // Collective: (slots, floats), float32, on the CPU; the same bits for any number of ranks. The
  // communicator's error.
  StatusOr<at::Tensor> Gather();

 private:
  collective::Communicator& communicator_;
  std::vector<int> owners_;
  std::size_t floats_;
  collective::SlotTree tree_;
  collective::SubtreeSums sums_;
};

}  // namespace gvsl::trainer
