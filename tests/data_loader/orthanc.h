// A real archive: Orthanc of Debian, unpacked by `deploy/setup/install.sh archive`, on a port of
// loopback, with its storage in a folder of the test's.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/process/process.h"

namespace gvsl::testing {

// A socket of loopback that listens and that nobody accepts from; also how a free port is found.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::listen(socket_, 8) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::runtime_error("no port of loopback is free");
    }
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(socket_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  int socket() const { return socket_; }
  std::uint16_t port() const { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

// -1 when nobody listens there.
inline int ConnectToLoopback(std::uint16_t port) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    return connection;
  }
  ::close(connection);
  return -1;
}

class Orthanc {
 public:
  static constexpr char kTitle[] = "ARCHIVE";
  static constexpr char kKnownClient[] = "GVSL";

  static std::string Folder() { return GVSL_ORTHANC_FOLDER; }
  static bool IsThere() { return std::filesystem::exists(Folder() + "/usr/sbin/Orthanc"); }

  explicit Orthanc(const std::string& folder) : folder_(folder) {
    std::filesystem::create_directories(folder_);
  }
  // False when it does not listen within its time.
  bool Start(const nlohmann::json& more = nlohmann::json::object()) {
    port_ = SilentServer().port();
    nlohmann::json options = {{"StorageDirectory", folder_ + "/storage"},
                              {"IndexDirectory", folder_ + "/storage"},
                              {"HttpServerEnabled", false},
                              {"DicomAet", kTitle},
                              {"DicomPort", port_},
                              {"DicomCheckCalledAet", true},
                              {"SyncStorageArea", false},
                              {"Plugins", nlohmann::json::array()},
                              {"DicomModalities", {{"test", {kKnownClient, "127.0.0.1", 1}}}}};
    options.update(more);
    std::ofstream(folder_ + "/orthanc.json") << options.dump();
    const std::string libraries = Folder() + "/usr/lib/x86_64-linux-gnu";
    process_ = std::make_unique<testing_process::Process>(testing_process::Process::Options{
        .arguments = {Folder() + "/usr/sbin/Orthanc", folder_ + "/orthanc.json"},
        .output_prefix = folder_ + "/orthanc",
        .environment = {{"LD_LIBRARY_PATH", libraries}, {"LD_PRELOAD", GVSL_LOOPBACK_ONLY}}});
    return testing_process::Eventually([&] { return !process_->IsRunning() || Listens(); }) &&
           process_->IsRunning();
  }
  void Kill() { process_.reset(); }
  std::uint16_t port() const { return port_; }
  std::string Errors() const { return process_ == nullptr ? "" : process_->Errors(); }

 private:
  bool Listens() const {
    const int socket = ConnectToLoopback(port_);
    if (socket >= 0) ::close(socket);
    return socket >= 0;
  }

  const std::string folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<testing_process::Process> process_;
};

}  // namespace gvsl::testing
