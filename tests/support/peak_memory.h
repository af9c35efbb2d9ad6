// How much memory this process came to hold at once.
#pragma once

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>

namespace gvsl::testing {

// From its making on; not thread-safe, and of one at a time.
class PeakMemory {
 public:
  PeakMemory() {
    std::ofstream peak("/proc/self/clear_refs");
    if (!(peak << "5" << std::flush)) throw std::runtime_error("/proc/self/clear_refs");
    begin_ = Kilobytes("VmRSS:");
  }

  std::int64_t GrowthInMegabytes() const { return (Kilobytes("VmHWM:") - begin_) / 1024; }

 private:
  static std::int64_t Kilobytes(const std::string& field) {
    std::ifstream status("/proc/self/status");
    std::string word;
    std::int64_t value = 0;
    while (status >> word) {
      if (word == field && status >> value) return value;
    }
    throw std::runtime_error("/proc/self/status");
  }

  std::int64_t begin_ = 0;
};

}  // namespace gvsl::testing
