#include "tests/process/cluster.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/tiny_dataset.h"

namespace gvsl::testing_process {
namespace {

// "listening HOST:PORT" and "http HOST:PORT": the two lines of a server's standard output.
std::string AddressIn(const std::string& output, const std::string& word) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(word + " ") && !lines.eof()) return line.substr(word.size() + 1);
  }
  return "";
}

std::string WaitForAddress(Process& server, const std::string& word) {
  std::string address;
  Eventually([&] {
    address = AddressIn(server.Output(), word);
    return !address.empty() || !server.IsRunning();
  });
  return address;
}

}  // namespace

double MetricValue(const std::string& page, const std::string& name) {
  std::istringstream lines(page);
  double largest = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name + " ") && !line.starts_with(name + "{")) continue;
    largest = std::max(largest, std::atof(line.substr(line.rfind(' ')).c_str()));
  }
  return largest;
}

Cluster::Cluster() {
  std::string pattern = std::filesystem::temp_directory_path() / "gvsl-cluster-XXXXXX";
  root_ = ::mkdtemp(pattern.data());
}

Cluster::~Cluster() {
  workers_.clear();
  coordinator_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

std::string Cluster::Program(const std::string& name) {
  return std::string(GVSL_PROGRAMS_DIR) + "/" + name;
}

std::string Cluster::MakeDataset(const std::string& name, int subjects) {
  const std::string directory = Path(name);
  const auto manifest =
      testing::WriteTinyDataset(PosixFileSystem(), directory, static_cast<std::uint32_t>(subjects),
                                {16, 16, 16}, /*volumes_per_shard=*/2);
  EXPECT_TRUE(manifest.ok()) << manifest.status();
  return directory;
}

std::vector<std::string> Cluster::WithCommon(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), common_arguments.begin(), common_arguments.end());
  return arguments;
}

void Cluster::StartCoordinator() {
  coordinator_.reset();
  coordinator_ = std::make_unique<Process>(
      Process::Options{.arguments = WithCommon({Program("gvsl-coordinator"), "--listen", address_,
                                                "--http", "127.0.0.1:0", "--state", Path("state")}),
                       .output_prefix = Path("coordinator")});
  address_ = WaitForAddress(*coordinator_, "listening");
  coordinator_http_ = WaitForAddress(*coordinator_, "http");
  ASSERT_FALSE(address_.empty()) << coordinator_->Errors();
}

Process& Cluster::StartWorker(int index, const std::vector<std::string>& more_arguments) {
  const std::string name = "worker-" + std::to_string(index);
  std::vector<std::string> arguments = {Program("gvsl-worker"),
                                        "--coordinator",
                                        address_,
                                        "--work-dir",
                                        Path(name),
                                        "--name",
                                        name,
                                        "--threads",
                                        "1"};
  arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
  workers_.erase(index);
  workers_[index] = std::make_unique<Process>(
      Process::Options{.arguments = WithCommon(arguments), .output_prefix = Path(name)});
  EXPECT_FALSE(WaitForAddress(*workers_[index], "http").empty()) << workers_[index]->Errors();
  return *workers_[index];
}

std::string Cluster::worker_http(int index) {
  return AddressIn(workers_.at(index)->Output(), "http");
}

std::string Cluster::WriteJob(const JobOptions& options) {
  const std::string path = Path(options.name + ".yaml");
  std::ofstream(path) << "name: " << options.name << "\n"
                      << "task: " << options.task << "\nmethod: " << options.method << "\n"
                      << "dataset: "
                      << (options.dataset.empty() ? Path("dataset") : options.dataset) << "\n"
                      << "model: {width: 8}\nsteps: " << options.steps
                      << "\nslots: " << options.slots << "\nseed: 7\n"
                      << "optimizer: {name: adam, lr: 1.0e-3}\n"
                      << "workers: {min: " << options.min_workers
                      << ", max: " << options.max_workers << ", threads: 1}\n"
                      << "checkpoint: {directory: "
                      << (options.checkpoints.empty() ? CheckpointDirectory(options.name)
                                                      : options.checkpoints)
                      << ", every_steps: " << options.every_steps
                      << ", keep_last: " << options.keep_last << ", keep_every: 0}\n"
                      << options.extra;
  return path;
}

Finished Cluster::Ctl(const std::vector<std::string>& arguments, std::chrono::milliseconds limit) {
  std::vector<std::string> all = WithCommon({Program("gvslctl"), "--coordinator", address_});
  all.insert(all.end(), arguments.begin(), arguments.end());
  return RunProgram({.arguments = all, .output_prefix = Path("ctl-" + std::to_string(runs_++))},
                    limit);
}

std::unique_ptr<Process> Cluster::StartCtl(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = WithCommon({Program("gvslctl"), "--coordinator", address_});
  all.insert(all.end(), arguments.begin(), arguments.end());
  return std::make_unique<Process>(
      Process::Options{.arguments = all, .output_prefix = Path("ctl-" + std::to_string(runs_++))});
}

Json Cluster::Get(const std::string& job) {
  const Finished got = Ctl({"get", job, "--json"});
  return got.status == 0 ? Json::parse(got.output) : Json::object();
}

void Cluster::Submit(const JobOptions& options) {
  const Finished submitted = Ctl({"submit", WriteJob(options)});
  ASSERT_EQ(submitted.status, 0) << submitted.errors << Logs();
  ASSERT_EQ(submitted.output, options.name + "\n");
}

void Cluster::Train(int workers, const JobOptions& options) {
  MakeDataset();
  StartCoordinator();
  for (int i = 0; i < workers; ++i) StartWorker(i);
  Submit(options);
}

double Cluster::StepOfWorkers() {
  double step = 0;
  for (const auto& [index, worker] : workers_) {
    step = std::max(step, MetricValue(HttpGet(worker_http(index), "/metrics"), "gvsl_worker_step"));
  }
  return step;
}

bool Cluster::WaitForStep(const std::string& job, int step, std::chrono::milliseconds limit) {
  return Eventually(
      [&] {
        const Json got = Get(job);
        return got.contains("step") && got["step"].get<int>() >= step;
      },
      limit);
}

std::string Cluster::WaitForEnd(const std::string& job, std::chrono::milliseconds limit) {
  std::string state;
  const bool ended = Eventually(
      [&] {
        const Json got = Get(job);
        if (got.contains("state")) state = got["state"].get<std::string>();
        return state == "SUCCEEDED" || state == "FAILED" || state == "CANCELLED";
      },
      limit, std::chrono::milliseconds(50));
  return ended ? state : "";
}

std::string Cluster::WeightsOf(const std::string& job) {
  const Json got = Get(job);
  if (!got.contains("checkpoints") || got["checkpoints"].empty()) return "";
  return got["checkpoints"].back()["weights_sha256"].get<std::string>();
}

std::string Cluster::Logs() {
  std::string text = "\n--- coordinator\n" + (coordinator_ ? coordinator_->Errors() : "");
  for (const auto& [index, worker] : workers_) {
    text += "\n--- worker-" + std::to_string(index) + "\n" + worker->Errors();
  }
  return text;
}

}  // namespace gvsl::testing_process
