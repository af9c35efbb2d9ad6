#include "worker/agent/worker_options.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/text.h"
#include "tests/support/temporary_directory.h"
#include "worker/agent/devices.h"
#include "worker/agent/worker_group.h"

namespace gvsl::agent {
namespace {

WorkerOptions Minimal() {
  WorkerOptions options;
  options.work_dir = "/var/tmp/worker";
  return options;
}

TEST(WorkerOptions, DefaultsAreGoodOnLoopback) {
  EXPECT_TRUE(CheckWorkerOptions(Minimal()).ok());
  EXPECT_EQ(CheckWorkerOptions({}).code(), StatusCode::kInvalidArgument) << "without a folder";
}

TEST(WorkerOptions, PlainTextBeyondLoopbackNeedsInsecure) {
  for (std::string WorkerOptions::*address :
       {&WorkerOptions::listen, &WorkerOptions::http, &WorkerOptions::coordinator}) {
    WorkerOptions options = Minimal();
    options.*address = "10.0.0.7:7000";
    EXPECT_EQ(CheckWorkerOptions(options).code(), StatusCode::kInvalidArgument);
    options.transport.insecure = true;
    EXPECT_TRUE(CheckWorkerOptions(options).ok());
  }
}

TEST(WorkerOptions, DevicesAreNamedAsCudaCountsThem) {
  for (const std::string device : {"cpu", "auto", "all", "cuda:0", "cuda:12"}) {
    EXPECT_TRUE(CheckDeviceName(device).ok()) << device;
  }
  for (const std::string device :
       {"", "cuda", "cuda:", "cuda:-1", "cuda:x", "cuda:0 ", "gpu:0", "cuda:1234567890123"}) {
    EXPECT_EQ(CheckDeviceName(device).code(), StatusCode::kInvalidArgument) << device;
  }
}

TEST(ChooseDevices, TakesWhatIsThereOrSaysWhyThereIsNone) {
  const TrainerDevices two = {{"cuda:0", "cuda:1"}, ""};
  const TrainerDevices none = {{}, "no GPU is visible"};
  using Names = std::vector<std::string>;
  EXPECT_EQ(*ChooseDevices("auto", two), Names{"cuda:0"});
  EXPECT_EQ(*ChooseDevices("auto", none), Names{"cpu"});
  EXPECT_EQ(*ChooseDevices("cpu", two), Names{"cpu"});
  EXPECT_EQ(*ChooseDevices("all", two), (Names{"cuda:0", "cuda:1"}));
  EXPECT_EQ(*ChooseDevices("cuda:1", two), Names{"cuda:1"});
  for (const std::string device : {"cuda:0", "all"}) {
    const Status missing = ChooseDevices(device, none).status();
    EXPECT_EQ(missing.code(), StatusCode::kNotFound);
    EXPECT_EQ(missing.message(),
              "--device " + device + ": there is no such GPU: no GPU is visible");
  }
  EXPECT_EQ(ChooseDevices("cuda:2", two).status().message(),
            "--device cuda:2: there is no such GPU: there are cuda:0, cuda:1");
}

TEST(AskTrainer, ReadsDevicesOrTheReason) {
  const testing::TemporaryDirectory folder;
  const std::string program = folder.path() + "/it's a trainer";
  const auto answers = [&](const std::string& script) {
    std::ofstream(program) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return AskTrainer(program);
  };
  const auto two = answers("echo 'cuda:0 NVIDIA H100'; echo 'cuda:1 NVIDIA H100'");
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_EQ(two->names, (std::vector<std::string>{"cuda:0", "cuda:1"}));
  const auto none = answers("echo 'this build has no CUDA' >&2");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->why_none, "this build has no CUDA");
  EXPECT_EQ(answers("exit 1").status().code(), StatusCode::kInternal);
}

TEST(WorkerGroup, MembersHaveNamesAndFoldersOfTheirOwn) {
  WorkerOptions group = Minimal();
  group.name = "node-7";
  const auto member = MemberOptions(group, "cuda:3");
  ASSERT_TRUE(member.ok()) << member.status();
  EXPECT_EQ(member->device, "cuda:3");
  EXPECT_EQ(member->name, "node-7-cuda-3");
  EXPECT_EQ(member->work_dir, "/var/tmp/worker/cuda-3");
  group.http = "127.0.0.1:9100";
  EXPECT_EQ(MemberOptions(group, "cuda:3").status().code(), StatusCode::kInvalidArgument);
}

TEST(WorkerOptions, ARankOfAGangHasItsOwnNameAndFolder) {
  WorkerOptions options = Minimal();
  options.gang = "mpi";
  options.name = "node";
  options.trainer = "/bin/true";
  EXPECT_TRUE(CheckWorkerOptions(options).ok());
  const auto second_of_four = [](const char* name) {
    const std::string_view variable = name;
    if (variable == "OMPI_COMM_WORLD_RANK") return "1";
    if (variable == "OMPI_COMM_WORLD_SIZE") return "4";
    return variable == "PMIX_NAMESPACE" ? "77" : static_cast<const char*>(nullptr);
  };
  ASSERT_TRUE(ResolveWorkerOptions(options, second_of_four).ok());
  EXPECT_EQ(options.name, "node-rank-1");
  EXPECT_EQ(options.work_dir, "/var/tmp/worker/rank-1");
  EXPECT_EQ(options.launch.id, "mpi-77");
  EXPECT_EQ(options.launch.size, 4U);
  EXPECT_EQ(TrainerCommandLine(options).back(), "--mpi");
}

TEST(WorkerOptions, AGangOfAnotherKindIsWrongUsage) {
  WorkerOptions options = Minimal();
  options.gang = "tcp";
  EXPECT_EQ(CheckWorkerOptions(options).code(), StatusCode::kInvalidArgument);
  options.gang.clear();
  options.gang_id = "mine";
  EXPECT_EQ(CheckWorkerOptions(options).code(), StatusCode::kInvalidArgument);
  WorkerOptions group = Minimal();
  group.gang = "mpi";
  group.device = "all";
  EXPECT_EQ(CheckWorkerOptions(group).code(), StatusCode::kInvalidArgument) << "a rank has one";
}

TEST(WorkerOptions, TheTrainerHasTheSameCertificates) {
  WorkerOptions options;
  options.trainer = "/bin/trainer";
  options.device = "cpu";
  options.transport = {.tls_cert = "c.pem", .tls_key = "c.key", .tls_ca = "ca.pem"};
  EXPECT_EQ(Join(TrainerCommandLine(options), " "),
            "/bin/trainer --listen 127.0.0.1:0 --tls-cert c.pem --tls-key c.key --tls-ca ca.pem "
            "--dataset-patience 600");
}

TEST(WorkerOptions, TheTrainerIsToldOfTheShardCache) {
  WorkerOptions options;
  CLI::App app;
  AddWorkerOptions(app, options);
  app.parse("--work-dir w --shard-cache /fast --shard-cache-bytes 2GiB --dataset-patience 30");
  EXPECT_TRUE(CheckWorkerOptions(options).ok());
  const std::string command = Join(TrainerCommandLine(options), " ");
  EXPECT_NE(
      command.find("--shard-cache /fast --shard-cache-bytes 2147483648 --dataset-patience 30"),
      std::string::npos)
      << command;
  options.shard_cache_bytes = 0;
  EXPECT_EQ(CheckWorkerOptions(options).code(), StatusCode::kInvalidArgument);
}

TEST(WorkerOptions, AnUnknownDeviceOrAddressIsWrongUsage) {
  WorkerOptions device = Minimal();
  device.device = "tpu";
  EXPECT_EQ(CheckWorkerOptions(device).code(), StatusCode::kInvalidArgument);
  WorkerOptions address = Minimal();
  address.http = "nonsense";
  EXPECT_EQ(CheckWorkerOptions(address).code(), StatusCode::kInvalidArgument);
}

TEST(WorkerOptions, LoopbackIsRecognised) {
  for (const std::string address : {"127.0.0.1:1", "127.3.4.5:1", "localhost:1", "[::1]:1"}) {
    EXPECT_TRUE(IsLoopbackAddress(address)) << address;
  }
  for (const std::string address : {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "example.org:1"}) {
    EXPECT_FALSE(IsLoopbackAddress(address)) << address;
  }
}

}  // namespace
}  // namespace gvsl::agent
