#include "tests/process/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace gvsl::testing_process {

Process::Process(const Options& options) : prefix_(options.output_prefix) {
  const std::string output = prefix_ + ".out";
  const std::string errors = prefix_ + ".err";
  // What an earlier process left there must not be taken for this one's.
  ::unlink(output.c_str());
  ::unlink(errors.c_str());
  std::vector<char*> arguments;
  for (const std::string& argument : options.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  id_ = ::fork();
  if (id_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    const int in = ::open("/dev/null", O_RDONLY);
    const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const int err = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(err, 2);
    for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
}

Process::Process(Process&& other) noexcept
    : id_(other.id_), status_(other.status_), prefix_(std::move(other.prefix_)) {
  other.id_ = -1;
}

Process::~Process() {
  if (id_ <= 0 || status_) return;
  ::kill(id_, SIGKILL);
  int status = 0;
  ::waitpid(id_, &status, 0);
}

void Process::Signal(int signal_number) const {
  if (id_ > 0 && !status_) ::kill(id_, signal_number);
}

bool Process::IsRunning() {
  if (status_) return false;
  int status = 0;
  if (::waitpid(id_, &status, WNOHANG) != id_) return true;
  status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return false;
}

std::optional<int> Process::WaitFor(std::chrono::milliseconds limit) {
  Eventually([&] { return !IsRunning(); }, limit);
  return status_;
}

std::string Process::Output() const { return ReadWholeFile(prefix_ + ".out"); }
std::string Process::Errors() const { return ReadWholeFile(prefix_ + ".err"); }

std::vector<pid_t> Process::Children() const {
  const std::string id = std::to_string(id_);
  std::istringstream text(ReadWholeFile("/proc/" + id + "/task/" + id + "/children"));
  std::vector<pid_t> children;
  for (pid_t child = 0; text >> child;) children.push_back(child);
  return children;
}

Finished RunProgram(const Process::Options& options, std::chrono::milliseconds limit) {
  Process process(options);
  const std::optional<int> status = process.WaitFor(limit);
  if (!status) process.Signal(SIGKILL);
  return {status.value_or(124), process.Output(), process.Errors()};
}

bool Eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit,
                std::chrono::milliseconds interval) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(interval);
  }
  return true;
}

std::string HttpGet(const std::string& address, const std::string& path) {
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port =
      htons(static_cast<std::uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).c_str())));
  // A frozen process accepts and never answers.
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  std::string response;
  if (::connect(client, reinterpret_cast<sockaddr*>(&server), sizeof(server)) == 0) {
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    if (::send(client, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
      std::array<char, 4096> buffer{};
      for (ssize_t n = 0; (n = ::recv(client, buffer.data(), buffer.size(), 0)) > 0;) {
        response.append(buffer.data(), static_cast<std::size_t>(n));
      }
    }
  }
  ::close(client);
  const std::size_t body = response.find("\r\n\r\n");
  return body == std::string::npos ? "" : response.substr(body + 4);
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace gvsl::testing_process
