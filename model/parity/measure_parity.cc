#include "model/parity/measure_parity.h"

#include <ATen/ATen.h>

#include <span>
#include <stdexcept>

#include "model/metrics/overlap.h"
#include "model/metrics/roc.h"

namespace gvsl::model {
namespace {

constexpr double kBound = 1e-6;

template <typename T>
std::span<const T> Span(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<T>(), static_cast<std::size_t>(tensor.numel())};
}

template <typename T>
T OrThrow(StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}

// Of label maps (D, H, W), one value a class, the background too: labels count from 1 here, so that
// it is a class like the others. A class that neither map has is 0, as released.
at::Tensor HardDice(const at::Tensor& prediction, const at::Tensor& truth, std::int64_t classes) {
  const at::Tensor predicted = (prediction + 1).to(at::kInt).contiguous();
  const at::Tensor actual = (truth + 1).to(at::kInt).contiguous();
  const ForegroundDice dice =
      OrThrow(MeasureForegroundDice(Span<std::int32_t>(predicted), Span<std::int32_t>(actual),
                                    static_cast<std::int32_t>(classes) + 1));
  at::Tensor values = at::zeros({classes}, at::kDouble);
  for (std::size_t k = 0; k < dice.size(); ++k) {
    values[static_cast<std::int64_t>(k)] = dice[k].value_or(0);
  }
  return values;
}

Deviation CompareHardDice(const GoldenFile& file) {
  const at::Tensor probabilities = file.Read("dice.prob");
  const at::Tensor prediction = probabilities.argmax(1);
  const at::Tensor truth = file.Read("dice.label");
  std::vector<at::Tensor> items;
  for (std::int64_t k = 0; k < truth.size(0); ++k) {
    items.push_back(HardDice(prediction[k], truth[k], probabilities.size(1)));
  }
  const std::string name = "dice.hard_per_class";
  return {"functions", name, RelativeL2(at::stack(items), file.Read(name)), kBound};
}

Deviation CompareRocArea(const GoldenFile& file) {
  const at::Tensor scores = file.Read("auc.score", at::kDouble);
  const at::Tensor labels = file.Read("auc.label");
  const RocArea area = OrThrow(MeasureRocArea(Span<double>(scores), Span<std::uint8_t>(labels)));
  const at::Tensor value = at::full({1}, area.auc, at::kDouble);
  return {"functions", "auc.value", RelativeL2(value, file.Read("auc.value")), kBound};
}

}  // namespace

Deviations CompareMeasures(const GoldenFile& file) {
  return {CompareHardDice(file), CompareRocArea(file)};
}

}  // namespace gvsl::model
