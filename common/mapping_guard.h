// A mapped file whose disk or server fails, or that is cut short, reads as zeros and says so, where
// it would end the process by SIGBUS.
#pragma once

#include <cstddef>
#include <string_view>

namespace gvsl {

// Guards one mapping of a file for as long as it lives; it ends before the mapping does. Whoever
// reads from the mapping asks intact() afterwards. Thread-safe. Does nothing before Install.
class MappingGuard {
 public:
  // Takes SIGBUS of this process; one outside of every guarded mapping ends it as before. Call
  // early in main, or never: then nobody needs to ask.
  static void Install();

  explicit MappingGuard(std::string_view mapping);
  ~MappingGuard();
  MappingGuard(const MappingGuard&) = delete;
  MappingGuard& operator=(const MappingGuard&) = delete;

  // False for ever once a page could not be read.
  bool intact() const;

 private:
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  std::size_t place_ = kNowhere;
};

}  // namespace gvsl
