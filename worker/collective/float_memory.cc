#include "worker/collective/float_memory.h"

#include <algorithm>
#include <cassert>

namespace gvsl::collective {
namespace {

class Host final : public FloatMemory {
 public:
  bool OnHost() const override { return true; }
  std::shared_ptr<float> Allocate(std::size_t floats) override {
    if (floats == 0) return nullptr;
    return {new float[floats], std::default_delete<float[]>()};
  }
  void Add(std::span<const float> left, std::span<const float> right,
           std::span<float> into) override {
    assert(left.size() == into.size() && right.size() == into.size());
    for (std::size_t i = 0; i < into.size(); ++i) into[i] = left[i] + right[i];
  }
  void Write(std::span<const float> host, std::span<float> into) override {
    std::ranges::copy(host, into.begin());
  }
  void Read(std::span<const float> from, std::span<float> host) override {
    std::ranges::copy(from, host.begin());
  }
};

}  // namespace

FloatMemory& HostMemory() {
  static Host host;
  return host;
}

}  // namespace gvsl::collective
