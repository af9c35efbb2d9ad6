#include "common/mapping_guard.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <csignal>
#include <mutex>

namespace gvsl {
namespace {

// Read by the signal handler, so no lock and no memory that grows.
struct Region {
  std::atomic<char*> begin = nullptr;  // of a page; null: free
  std::atomic<std::size_t> bytes = 0;
  std::atomic<bool> broken = false;
};

std::array<Region, 4096> regions;
std::mutex claiming;
std::atomic<bool> installed = false;

void OnBusError(int number, siginfo_t* info, void* /*context*/) {
  const auto* address = static_cast<const char*>(info->si_addr);
  for (Region& region : regions) {
    char* const begin = region.begin.load();
    const std::size_t bytes = region.bytes.load();
    if (begin == nullptr || address < begin || address >= begin + bytes) continue;
    region.broken.store(true);  // before anybody can read the zeros
    void* const zeros =
        ::mmap(begin, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (zeros != MAP_FAILED) return;
  }
  ::signal(number, SIG_DFL);  // it happens again at once
}

}  // namespace

void MappingGuard::Install() {
  struct sigaction action {};
  action.sa_sigaction = OnBusError;
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
  installed = true;
}

MappingGuard::MappingGuard(std::string_view mapping) {
  if (!installed || mapping.empty()) return;
  const std::lock_guard lock(claiming);
  for (std::size_t place = 0; place < regions.size(); ++place) {
    Region& region = regions[place];
    if (region.begin.load() != nullptr) continue;
    region.broken.store(false);
    region.bytes.store(mapping.size());
    region.begin.store(const_cast<char*>(mapping.data()));
    place_ = place;
    return;
  }
}

MappingGuard::~MappingGuard() {
  if (place_ != kNowhere) regions[place_].begin.store(nullptr);
}

bool MappingGuard::intact() const { return place_ == kNowhere || !regions[place_].broken.load(); }

}  // namespace gvsl
