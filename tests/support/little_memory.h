// Work that has to do with little memory: in a process of its own, which cannot have more.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace gvsl::testing {

inline constexpr std::int64_t kLittleMegabytes = 256;

// What `work` gives back; else why it could not: "out of memory", "took N MB", "died of signal N".
// Sanitizers take address space for themselves: under one, only what is touched is limited.
std::string InLittleMemory(const std::function<std::string()>& work);

}  // namespace gvsl::testing
