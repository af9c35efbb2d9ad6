// watch, submit --wait, logs and export, against a coordinator on loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "cli/render/job_json.h"
#include "common/fault_file_system.h"
#include "common/safetensors.h"
#include "common/sha256.h"
#include "common/torch_file.h"
#include "tests/cli/cli_fixture.h"
#include "tests/cli/fake_coordinator.h"

namespace gvsl::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

v1::Job JobAt(std::uint64_t step, v1::JobState state) {
  v1::Job job;
  job.set_name("heads");
  job.set_uid("u-1");
  job.set_state(state);
  job.set_step(step);
  job.set_steps(4);
  job.set_loss(0.5);
  return job;
}

std::vector<std::string> Lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class StreamCommandTest : public testing::Test {
 protected:
  StreamCommandTest() {
    coordinator_.Start();
    cli_.variables["GVSL_COORDINATOR"] = coordinator_.address();
  }

  // WatchJob sends these and ends.
  void Watch(const std::vector<v1::Job>& jobs) {
    coordinator_.jobs.watch = [jobs](const auto&, const auto& write, const auto&) {
      for (const auto& job : jobs) write(job);
      return OkStatus();
    };
  }

  // ReadCheckpointFile sends `bytes` in two chunks; the hash is of `hashed`.
  void Serve(const std::string& bytes, const std::string& hashed) {
    coordinator_.checkpoints.read = [bytes, hashed](const v1::ReadCheckpointFileRequest& request,
                                                    const auto& write, const auto&) {
      v1::FileChunk chunk;
      chunk.mutable_checkpoint()->set_step(request.has_step() ? request.step() : 9);
      chunk.mutable_checkpoint()->set_weights_sha256(Sha256Hex(hashed));
      chunk.set_total_bytes(hashed.size());
      chunk.set_data(bytes.substr(0, 3));
      write(chunk);
      v1::FileChunk rest;
      rest.set_data(bytes.substr(3));
      write(rest);
      return OkStatus();
    };
  }

  FakeCoordinator coordinator_;
  Cli cli_;
  ScratchFolder folder_;
};

TEST_F(StreamCommandTest, WatchPrintsALineForEachChangeAndEndsWithTheJob) {
  Watch({JobAt(0, v1::JOB_STATE_QUEUED), JobAt(1, v1::JOB_STATE_RUNNING),
         JobAt(4, v1::JOB_STATE_SUCCEEDED)});
  const CliResult result = cli_.Run({"watch", "heads"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ASSERT_EQ(Lines(result.out).size(), 3u) << result.out;
  EXPECT_THAT(Lines(result.out)[1], StartsWith("heads  RUNNING  ["));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));
}

TEST_F(StreamCommandTest, WatchDrawsOverOneLineOnATerminal) {
  cli_.terminal = true;
  Watch({JobAt(0, v1::JOB_STATE_QUEUED), JobAt(4, v1::JOB_STATE_SUCCEEDED)});
  const CliResult result = cli_.Run({"watch", "heads"});
  EXPECT_THAT(result.out, StartsWith("\r\x1b[Kheads  QUEUED"));
  EXPECT_EQ(Lines(result.out).size(), 1u);
  EXPECT_EQ(result.out.back(), '\n');
}

TEST_F(StreamCommandTest, WatchPrintsEveryStateAsOneJsonObjectALine) {
  Watch({JobAt(1, v1::JOB_STATE_RUNNING), JobAt(2, v1::JOB_STATE_RUNNING),
         JobAt(4, v1::JOB_STATE_SUCCEEDED)});
  const auto lines = Lines(cli_.Run({"watch", "heads", "--json"}).out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(Json::parse(lines[1])["step"], 2);
  EXPECT_EQ(Json::parse(lines[2])["state"], "SUCCEEDED");
}

TEST_F(StreamCommandTest, WatchIsExitSixWhenTheJobFailedOrWasCancelled) {
  Watch({JobAt(2, v1::JOB_STATE_FAILED)});
  EXPECT_EQ(cli_.Run({"watch", "heads"}).exit_code, 6);
  Watch({JobAt(2, v1::JOB_STATE_CANCELLED)});
  EXPECT_EQ(cli_.Run({"watch", "heads"}).exit_code, 6);
}

TEST_F(StreamCommandTest, WatchConnectsAgainToACoordinatorThatWasRestarted) {
  std::atomic<int> calls = 0;
  std::atomic<bool> sent = false;
  coordinator_.jobs.watch = [&](const auto&, const auto& write, const auto& cancelled) {
    if (calls++ > 0) {
      write(JobAt(4, v1::JOB_STATE_SUCCEEDED));
      return OkStatus();
    }
    write(JobAt(1, v1::JOB_STATE_RUNNING));
    sent = true;
    while (!cancelled()) std::this_thread::yield();
    return CancelledError("down");
  };
  const int port = coordinator_.port();
  std::thread restart([&] {
    while (!sent) std::this_thread::yield();
    coordinator_.Stop();
    coordinator_.Start(port);
  });
  const CliResult result = cli_.Run({"watch", "heads"});
  restart.join();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("connecting again"));
  EXPECT_THAT(result.err, HasSubstr("connected again to " + coordinator_.address()));
  EXPECT_THAT(result.out, HasSubstr("SUCCEEDED"));
}

TEST_F(StreamCommandTest, WatchGivesUpOnACoordinatorThatStaysAway) {
  bool first = true;
  coordinator_.jobs.watch = [&](const auto&, const auto& write, const auto&) {
    if (first) write(JobAt(1, v1::JOB_STATE_RUNNING));
    first = false;
    return UnavailableError("shutting down");
  };
  const CliResult result = cli_.Run({"watch", "heads", "--timeout", "300ms"});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, HasSubstr("shutting down"));
}

TEST_F(StreamCommandTest, WatchIsExitFiveWhenThereIsNoFirstAnswer) {
  coordinator_.jobs.watch = [](const auto&, const auto&, const auto& cancelled) {
    while (!cancelled()) std::this_thread::yield();
    return OkStatus();
  };
  const CliResult result = cli_.Run({"watch", "heads", "--timeout", "100ms"});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, HasSubstr("no answer within"));
}

TEST_F(StreamCommandTest, AnInterruptLeavesTheJobRunningAndSaysSo) {
  coordinator_.jobs.watch = [this](const auto&, const auto& write, const auto& cancelled) {
    write(JobAt(1, v1::JOB_STATE_RUNNING));
    cli_.interrupt.Request(2);
    while (!cancelled()) std::this_thread::yield();
    return OkStatus();
  };
  const CliResult result = cli_.Run({"watch", "heads"});
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("job heads goes on"));
}

TEST_F(StreamCommandTest, SubmitWaitPrintsTheNameAndFollowsOnStandardError) {
  coordinator_.jobs.create = [](const auto&, v1::Job& job) {
    job = JobAt(0, v1::JOB_STATE_QUEUED);
    return OkStatus();
  };
  Watch({JobAt(1, v1::JOB_STATE_RUNNING), JobAt(1, v1::JOB_STATE_FAILED)});
  const CliResult result = cli_.Run({"submit", folder_.Write("job.yaml", "steps: 4\n"), "--wait"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_EQ(result.out, "heads\n");
  EXPECT_THAT(result.err, HasSubstr("FAILED"));
}

TEST_F(StreamCommandTest, LogsNameTheWorkerBeforeEachLine) {
  coordinator_.jobs.logs = [](const v1::ReadLogsRequest& request, const auto& write, const auto&) {
    v1::LogLines lines;
    lines.set_worker("worker-1");
    lines.set_offset(request.since_offset());
    lines.set_text("one\ntwo\n");
    write(lines);
    return OkStatus();
  };
  EXPECT_EQ(cli_.Run({"logs", "heads"}).out, "[worker-1] one\n[worker-1] two\n");
  EXPECT_EQ(cli_.Run({"logs", "heads", "--worker", "worker-1"}).out, "one\ntwo\n");
  const Json json = Json::parse(cli_.Run({"logs", "heads", "--since-offset", "7", "--json"}).out);
  EXPECT_EQ(json["offset"], 7);
  EXPECT_EQ(json["text"], "one\ntwo\n");
}

TEST_F(StreamCommandTest, LogsDoNotReachTheTerminalsControls) {
  coordinator_.jobs.logs = [](const auto&, const auto& write, const auto&) {
    v1::LogLines lines;
    lines.set_worker("w");
    lines.set_text(
        "a\x1b[2Jb\rc\xC2\x9B"
        "d \xC3\xA9\n");
    write(lines);
    return OkStatus();
  };
  EXPECT_EQ(cli_.Run({"logs", "heads"}).out, "[w] a [2Jb c d \xC3\xA9\n");
}

TEST_F(StreamCommandTest, FollowedLogsPrintNoLineTwiceAfterALostConnection) {
  int calls = 0;
  coordinator_.jobs.logs = [&](const auto&, const auto& write, const auto&) {
    v1::LogLines lines;
    lines.set_worker("worker-1");
    lines.set_text(calls == 0 ? "one\n" : "one\ntwo\n");
    write(lines);
    return calls++ == 0 ? UnavailableError("restarting") : OkStatus();
  };
  const CliResult result = cli_.Run({"logs", "heads", "-f"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "[worker-1] one\n[worker-1] two\n");
}

TEST_F(StreamCommandTest, ExportWritesTheWeightsWhole) {
  Serve("weights", "weights");
  const std::string path = folder_.path() + "/w.safetensors";
  const CliResult result = cli_.Run({"export", "heads@5", path, "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["step"], 5);
  EXPECT_EQ(Json::parse(result.out)["weights_sha256"], Sha256Hex("weights"));
  EXPECT_EQ(ReadFile(PosixFileSystem(), path).value(), "weights");
  EXPECT_EQ(folder_.Names(), std::vector<std::string>{"w.safetensors"});
  EXPECT_THAT(cli_.Run({"export", "heads", path}).out, HasSubstr("step 9"));
}

TEST_F(StreamCommandTest, ExportMakesAFileOfTorchSave) {
  FaultFileSystem memory;
  const std::vector<float> values = {1, 2};
  ASSERT_TRUE(WriteSafetensors(memory, "/w", {{"a", FloatTensorView(values, {2})}}).ok());
  const std::string weights = ReadFile(memory, "/w").value();
  Serve(weights, weights);
  const std::string path = folder_.path() + "/w.pth";
  const CliResult result = cli_.Run({"export", "heads", path, "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["weights_sha256"], Sha256Hex(weights));
  const std::string archive = ReadFile(PosixFileSystem(), path).value();
  EXPECT_EQ(Json::parse(result.out)["bytes"], archive.size());
  const auto file = TorchFile::Parse(archive);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->tensors().at("a").As<float>()[1], 2);
  EXPECT_EQ(folder_.Names(), std::vector<std::string>{"w.pth"});
}

TEST_F(StreamCommandTest, ExportToTorchRefusesWeightsThatDoNotHaveTheHash) {
  Serve("damaged", "weights");
  const CliResult result = cli_.Run({"export", "heads", folder_.path() + "/w.pth"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("SHA-256"));
  EXPECT_TRUE(folder_.Names().empty());
}

TEST_F(StreamCommandTest, ExportRefusesBytesThatDoNotHaveTheHash) {
  Serve("damaged", "weights");
  const CliResult result = cli_.Run({"export", "heads", folder_.path() + "/w.safetensors"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("SHA-256"));
  EXPECT_TRUE(folder_.Names().empty());
}

TEST_F(StreamCommandTest, ExportRefusesAStreamThatEndsEarly) {
  Serve("weig", "weights");
  const CliResult result = cli_.Run({"export", "heads", folder_.path() + "/w.safetensors"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("4 of 7 bytes"));
  EXPECT_TRUE(folder_.Names().empty());
}

TEST_F(StreamCommandTest, ExportOntoAFullDiskLeavesNothing) {
  Serve("weights", "weights");
  FaultFileSystem disk;
  disk.SetCapacity(5);
  cli_.files = &disk;
  for (const char* output : {"/w.safetensors", "/w.pth"}) {
    const CliResult result = cli_.Run({"export", "heads", output});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(disk.List("/").value().empty());
  }
}

}  // namespace
}  // namespace gvsl::cli
