// A coordinator and workers as real processes on loopback, and the CLI that talks to them.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/process/process.h"

namespace gvsl::testing_process {

using Json = nlohmann::json;

// Options of a test job beyond the small GVSL job that every test trains.
struct JobOptions {
  std::string name = "job";
  int steps = 40;
  int slots = 6;
  int min_workers = 1;
  int max_workers = 8;
  int every_steps = 10;
  int keep_last = 3;
  std::string dataset;      // default: the cluster's
  std::string checkpoints;  // default: a folder of the job's name
  std::string task = "pretrain";
  std::string method = "gvsl";
  std::string extra;  // further YAML lines
};

// The largest value of a metric on a page of /metrics; 0 where it is not there.
double MetricValue(const std::string& page, const std::string& name);

// Everything lives in one temporary folder, which goes with the object, as do all processes.
class Cluster {
 public:
  Cluster();
  ~Cluster();

  const std::string& root() const { return root_; }
  std::string Path(const std::string& name) const { return root_ + "/" + name; }
  // The path of a program that was built.
  static std::string Program(const std::string& name);

  // Given to every program that is started: how connections are protected.
  std::vector<std::string> common_arguments;

  // A dataset of `subjects` small volumes that the test makes and gvsl-dataset ingests.
  std::string MakeDataset(const std::string& name = "dataset", int subjects = 8);

  // Starts, or starts again on the same state and the same port.
  void StartCoordinator();
  Process& coordinator() { return *coordinator_; }
  const std::string& address() const { return address_; }
  std::string coordinator_http() const { return coordinator_http_; }

  // Returns when the worker listens; names are worker-0, worker-1, …
  Process& StartWorker(int index, const std::vector<std::string>& more_arguments = {});
  Process& worker(int index) { return *workers_.at(index); }
  std::string worker_http(int index);
  void StopWorker(int index) { workers_.erase(index); }

  std::string WriteJob(const JobOptions& options);
  std::string CheckpointDirectory(const std::string& job) const { return Path("ckpt-" + job); }

  Finished Ctl(const std::vector<std::string>& arguments,
               std::chrono::milliseconds limit = std::chrono::seconds(60));
  std::unique_ptr<Process> StartCtl(const std::vector<std::string>& arguments);
  // `gvslctl get JOB --json`; an empty object when it fails, whose members are null
  // (where it is not const).
  Json Get(const std::string& job);
  // Submits and expects the job's name.
  void Submit(const JobOptions& options);
  // From nothing to a submitted job: a dataset, a coordinator, worker-0 to worker-(workers-1).
  void Train(int workers, const JobOptions& options);
  // The highest committed step that a living worker shows on its own metrics page: known without
  // the coordinator.
  double StepOfWorkers();
  bool WaitForStep(const std::string& job, int step,
                   std::chrono::milliseconds limit = std::chrono::seconds(120));
  // Waits for a terminal state; "" at the deadline.
  std::string WaitForEnd(const std::string& job,
                         std::chrono::milliseconds limit = std::chrono::seconds(180));
  // weights_sha256 of the newest checkpoint.
  std::string WeightsOf(const std::string& job);
  // What the processes logged, for a failed expectation.
  std::string Logs();

 private:
  std::vector<std::string> WithCommon(std::vector<std::string> arguments) const;

  std::string root_;
  std::string address_ = "127.0.0.1:0";
  std::string coordinator_http_;
  std::unique_ptr<Process> coordinator_;
  std::map<int, std::unique_ptr<Process>> workers_;
  int runs_ = 0;
};

}  // namespace gvsl::testing_process
