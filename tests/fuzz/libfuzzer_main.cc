// libFuzzer's side of one target, which the build names.
#include <algorithm>
#include <cstddef>

#include "tests/fuzz/dicom_mutator.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

const gvsl::fuzz::Target& ThisTarget() {
  static const auto* const found = std::find_if(
      gvsl::fuzz::kTargets.begin(), gvsl::fuzz::kTargets.end(),
      [](const gvsl::fuzz::Target& target) { return target.name == GVSL_FUZZ_TARGET; });
  gvsl::fuzz::Demand(found != gvsl::fuzz::kTargets.end(), "no such target");
  return *found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return ThisTarget().run({data, size});
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

// Half of the mutations of DICOM keep its elements whole.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned int seed) {
  if (ThisTarget().name.starts_with("dicom") && seed % 2 == 0) {
    const std::size_t changed =
        gvsl::fuzz::MutateDicom({data, most}, size, seed / 2, LLVMFuzzerMutate);
    if (changed > 0) return changed;
  }
  return LLVMFuzzerMutate(data, size, most);
}
