#include "worker/trainer/slot_exchange.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <utility>

#include "worker/trainer/job_plan.h"

namespace gvsl::trainer {
namespace {

std::span<float> Floats(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

}  // namespace

SlotExchange::SlotExchange(collective::Communicator& communicator, std::vector<int> owners,
                           std::size_t floats)
    : communicator_(communicator),
      owners_(std::move(owners)),
      floats_(floats),
      tree_(static_cast<int>(owners_.size())),
      sums_(tree_, SlotsOf(owners_, communicator.rank()), owners_.size() * floats,
            communicator.memory()) {}

void SlotExchange::Put(int slot, const at::Tensor& row) {
  at::Tensor rows = at::zeros(
      {static_cast<std::int64_t>(owners_.size()), static_cast<std::int64_t>(floats_)}, at::kFloat);
  rows[slot].narrow(0, 0, row.numel()).copy_(row.detach().reshape(-1));
  communicator_.memory().Write(Floats(rows), sums_.NextBuffer());
  sums_.Add(slot);
}

StatusOr<at::Tensor> SlotExchange::Gather() {
  const collective::FloatBuffer total(communicator_.memory(), owners_.size() * floats_);
  auto parts = sums_.Take();
  GVSL_RETURN_IF_ERROR(communicator_.TreeSum(tree_, owners_, parts, total.span()));
  sums_.Reset();
  at::Tensor rows = at::empty(
      {static_cast<std::int64_t>(owners_.size()), static_cast<std::int64_t>(floats_)}, at::kFloat);
  communicator_.memory().Read(total.span(), Floats(rows));
  return rows;
}

}  // namespace gvsl::trainer
