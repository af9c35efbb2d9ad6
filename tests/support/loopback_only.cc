// Loaded into a server that knows no option for it (LD_PRELOAD): what it would offer on every
// address, it offers on loopback alone.
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

extern "C" int bind(int socket, const sockaddr* address, socklen_t length) {
  using Bind = int (*)(int, const sockaddr*, socklen_t);
  static const auto next = reinterpret_cast<Bind>(::dlsym(RTLD_NEXT, "bind"));
  sockaddr_in copy{};
  if (address != nullptr && address->sa_family == AF_INET6) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  if (address == nullptr || address->sa_family != AF_INET || length < sizeof copy) {
    return next(socket, address, length);
  }
  std::memcpy(&copy, address, sizeof copy);
  copy.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return next(socket, reinterpret_cast<const sockaddr*>(&copy), sizeof copy);
}
