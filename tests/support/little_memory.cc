#include "tests/support/little_memory.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <new>

#include "common/text.h"
#include "tests/support/peak_memory.h"

namespace gvsl::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif
#else
constexpr bool kIsSanitized = false;
#endif

void LimitAddressSpace() {
  if (kIsSanitized) return;
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t most = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) +
                      (std::uint64_t{kLittleMegabytes} << 20U);
  const rlimit limit{most, most};
  ::setrlimit(RLIMIT_AS, &limit);
}

std::string Limited(const std::function<std::string()>& work) {
  const PeakMemory memory;
  LimitAddressSpace();
  std::string result;
  try {
    result = work();
  } catch (const std::bad_alloc&) {
    return "out of memory";
  }
  const std::int64_t grown = memory.GrowthInMegabytes();
  return grown < kLittleMegabytes ? result : Concat("took ", grown, " MB");
}

}  // namespace

std::string InLittleMemory(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child < 0) return "no process";
  if (child == 0) {
    const std::string result = Limited(work);
    const bool written = ::write(ends[1], result.data(), result.size()) >= 0;
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  std::string result;
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  while ((count = ::read(ends[0], buffer.data(), buffer.size())) > 0) {
    result.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return Concat("died of signal ", WTERMSIG(status));
  return result;
}

}  // namespace gvsl::testing
