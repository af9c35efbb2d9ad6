// Stands between a client and a server of loopback, and damages what the server says.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

#include "tests/data_loader/orthanc.h"

namespace gvsl::testing {

class DamagingProxy {
 public:
  struct Damage {
    std::uint64_t at = 0;      // which byte of all that the server says
    std::uint8_t flipped = 0;  // bits of it; none: both connections are closed before it
  };
  DamagingProxy(std::uint16_t target, Damage damage)
      : target_(target), damage_(damage), thread_([this] { Serve(); }) {}
  ~DamagingProxy() {
    ::shutdown(server_.socket(), SHUT_RDWR);
    thread_.join();
  }
  std::uint16_t port() const { return server_.port(); }
  std::uint64_t said() const { return said_; }  // bytes of the server

 private:
  void Serve() {
    for (;;) {
      const int client = ::accept(server_.socket(), nullptr, nullptr);
      if (client < 0) return;
      const int server = ConnectToLoopback(target_);
      while (server >= 0 && Forward(client, server)) {
      }
      ::close(client);
      if (server >= 0) ::close(server);
    }
  }

  bool Forward(int client, int server) {
    std::array<pollfd, 2> both{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    if (::poll(both.data(), both.size(), 20'000) <= 0) return false;
    const bool from_server = both[1].revents != 0;
    std::array<char, 16384> buffer;
    const ssize_t got = ::recv(from_server ? server : client, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    if (from_server && !DamageWithin(buffer.data(), static_cast<std::uint64_t>(got))) return false;
    return ::send(from_server ? client : server, buffer.data(), static_cast<std::size_t>(got),
                  MSG_NOSIGNAL) == got;
  }

  bool DamageWithin(char* bytes, std::uint64_t count) {
    const std::uint64_t before = said_.fetch_add(count);
    if (damage_.at < before || damage_.at >= before + count) return true;
    bytes[damage_.at - before] ^= static_cast<char>(damage_.flipped);
    return damage_.flipped != 0;
  }

  const std::uint16_t target_;
  const Damage damage_;
  std::atomic<std::uint64_t> said_ = 0;
  SilentServer server_;
  std::thread thread_;
};

}  // namespace gvsl::testing
