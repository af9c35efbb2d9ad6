// Commands of one call, against a coordinator on loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/render/job_json.h"
#include "tests/cli/cli_fixture.h"
#include "tests/cli/fake_coordinator.h"

namespace gvsl::cli {
namespace {

using testing::HasSubstr;

constexpr char kJob[] =
    "name: heads\ntask: pretrain\nmethod: gvsl\ndataset: /d\nsteps: 10\n"
    "checkpoint: {directory: /c}\n";

class CommandTest : public testing::Test {
 protected:
  CommandTest() {
    coordinator_.Start();
    cli_.variables["GVSL_COORDINATOR"] = coordinator_.address();
  }

  // CreateJob answers what it was asked for, as QUEUED.
  void AcceptJobs() {
    coordinator_.jobs.create = [this](const v1::CreateJobRequest& request, v1::Job& job) {
      created_.push_back(request);
      *job.mutable_spec() = request.spec();
      job.mutable_spec()->set_slots(8);
      job.set_name(request.spec().name());
      job.set_uid("u-1");
      job.set_state(v1::JOB_STATE_QUEUED);
      return OkStatus();
    };
  }

  CliResult Run(const std::vector<std::string>& arguments) { return cli_.Run(arguments); }

  FakeCoordinator coordinator_;
  Cli cli_;
  ScratchFolder folder_;
  std::vector<v1::CreateJobRequest> created_;
};

TEST_F(CommandTest, SubmitPrintsTheNameAlone) {
  AcceptJobs();
  const CliResult result = Run({"submit", folder_.Write("job.yaml", kJob), "--set", "seed=7"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "heads\n");
  EXPECT_EQ(result.err, "");
  ASSERT_EQ(created_.size(), 1u);
  EXPECT_EQ(created_[0].spec().seed(), 7u);
  EXPECT_FALSE(created_[0].validate_only());
}

TEST_F(CommandTest, SubmitTakesOneValueForEachSetAndFlagsAnywhere) {
  AcceptJobs();
  const std::string file = folder_.Write("job.yaml", kJob);
  const CliResult result =
      Run({"submit", "--set", "seed=7", "--set", "steps=9", file, "--json", "--timeout", "5"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["state"], "QUEUED");
  EXPECT_EQ(created_.at(0).spec().steps(), 9u);
}

TEST_F(CommandTest, SubmitSendsARandomRequestIdUnlessOneIsGiven) {
  AcceptJobs();
  const std::string file = folder_.Write("job.yaml", kJob);
  Run({"submit", file});
  Run({"submit", file});
  Run({"submit", file, "--request-id", "mine"});
  ASSERT_EQ(created_.size(), 3u);
  EXPECT_EQ(created_[0].request_id().size(), 32u);
  EXPECT_NE(created_[0].request_id(), created_[1].request_id());
  EXPECT_EQ(created_[2].request_id(), "mine");
}

TEST_F(CommandTest, SubmitDryRunPrintsTheCompletedSpecAndStoresNothing) {
  AcceptJobs();
  const std::string file = folder_.Write("job.yaml", kJob);
  const CliResult yaml = Run({"submit", file, "--dry-run"});
  EXPECT_EQ(yaml.exit_code, 0);
  EXPECT_THAT(yaml.out, HasSubstr("slots: 8\n"));
  EXPECT_THAT(yaml.out, HasSubstr("method: gvsl\n"));
  EXPECT_TRUE(created_.at(0).validate_only());
  EXPECT_EQ(Json::parse(Run({"submit", file, "--dry-run", "--json"}).out)["slots"], 8);
}

TEST_F(CommandTest, AJobFileThatIsWrongIsNotSentAndIsExitTwo) {
  AcceptJobs();
  const CliResult result = Run({"submit", folder_.Write("job.yaml", "workers: {maxx: 4}\n")});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err,
              HasSubstr("workers.maxx: unknown key; did you mean workers.max? (line 1)"));
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(created_.empty());
}

TEST_F(CommandTest, AValueThatTheCoordinatorRefusesByNameIsExitTwo) {
  coordinator_.jobs.create = [](const auto&, auto&) {
    return InvalidArgumentError("the job is refused")
        .WithViolation("workers.min", "is above slots");
  };
  const CliResult result = Run({"submit", folder_.Write("job.yaml", kJob)});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("  workers.min: is above slots"));
}

TEST_F(CommandTest, ErrorsOfTheCoordinatorBecomeExitCodes) {
  const std::vector<std::pair<Status, int>> cases = {
      {AlreadyExistsError("taken"), 1},      {NotFoundError("job x"), 3},
      {PermissionDeniedError("no"), 4},      {UnavailableError("busy"), 5},
      {FailedPreconditionError("ended"), 1}, {UnimplementedError("fast"), 1}};
  for (const auto& [status, exit_code] : cases) {
    coordinator_.jobs.get = [status = status](const auto&, auto&) { return status; };
    const CliResult result = Run({"get", "x"});
    EXPECT_EQ(result.exit_code, exit_code) << status;
    EXPECT_THAT(result.err, HasSubstr(status.message()));
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(CommandTest, AJobMayHaveTheNameOfACommand) {
  coordinator_.jobs.get = [](const v1::GetJobRequest& request, v1::Job& job) {
    job.set_name(request.job());
    return OkStatus();
  };
  const CliResult result = Run({"get", "list", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["name"], "list");
}

TEST_F(CommandTest, ListReadsAllPages) {
  coordinator_.jobs.list = [](const v1::ListJobsRequest& request, v1::ListJobsResponse& response) {
    response.add_jobs()->set_name(request.page_token().empty() ? "first" : "second");
    response.set_next_page_token(request.page_token().empty() ? "more" : "");
    return OkStatus();
  };
  const Json json = Json::parse(Run({"--json", "list"}).out);
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["name"], "first");
  EXPECT_EQ(json[1]["name"], "second");
  EXPECT_THAT(Run({"list"}).out, HasSubstr("second"));
}

TEST_F(CommandTest, AnEmptyListIsAnEmptyArray) {
  coordinator_.jobs.list = [](const auto&, auto&) { return OkStatus(); };
  coordinator_.workers.list = [](const auto&, auto&) { return OkStatus(); };
  coordinator_.jobs.events = [](const auto&, auto&) { return OkStatus(); };
  coordinator_.checkpoints.list = [](const auto&, auto&) { return OkStatus(); };
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"list"}, {"workers"}, {"events", "a"}, {"checkpoints", "a"}}) {
    auto with_json = arguments;
    with_json.push_back("--json");
    EXPECT_EQ(Run(with_json).out, "[]\n");
  }
}

TEST_F(CommandTest, ChangesPrintTheNewState) {
  const auto answer = [](v1::JobState state) {
    return [state](const auto& request, v1::Job& job) {
      job.set_name(request.job());
      job.set_state(state);
      return OkStatus();
    };
  };
  coordinator_.jobs.cancel = answer(v1::JOB_STATE_CANCELLED);
  coordinator_.jobs.pause = answer(v1::JOB_STATE_RUNNING);
  coordinator_.jobs.resume = answer(v1::JOB_STATE_QUEUED);
  EXPECT_EQ(Run({"cancel", "a"}).out, "a CANCELLED\n");
  EXPECT_EQ(Run({"pause", "a"}).out, "a RUNNING\n");
  EXPECT_EQ(Run({"resume", "a"}).out, "a QUEUED\n");
}

TEST_F(CommandTest, ScaleSendsBothNumbers) {
  coordinator_.jobs.scale = [](const v1::ScaleJobRequest& request, v1::Job& job) {
    job.set_name(request.job());
    job.mutable_spec()->mutable_workers()->set_min(request.min_workers());
    job.mutable_spec()->mutable_workers()->set_max(request.max_workers());
    return OkStatus();
  };
  EXPECT_EQ(Run({"scale", "a", "--workers", "2:5"}).out, "a workers 2:5\n");
}

TEST_F(CommandTest, DeleteKeepsCheckpointsUnlessAsked) {
  std::vector<bool> asked;
  coordinator_.jobs.remove = [&](const v1::DeleteJobRequest& request, auto&) {
    asked.push_back(request.delete_checkpoints());
    return OkStatus();
  };
  EXPECT_EQ(Run({"delete", "a"}).out, "a deleted\n");
  EXPECT_EQ(Run({"delete", "a", "--checkpoints"}).exit_code, 0);
  EXPECT_THAT(asked, testing::ElementsAre(false, true));
}

TEST_F(CommandTest, ExplainPrintsSentences) {
  coordinator_.jobs.explain = [](const auto&, v1::ExplainJobResponse& response) {
    response.add_sentences("It waits for 2 workers.");
    response.add_sentences("1 is idle.");
    return OkStatus();
  };
  EXPECT_EQ(Run({"explain", "a"}).out, "It waits for 2 workers.\n1 is idle.\n");
  EXPECT_EQ(Json::parse(Run({"explain", "a", "--json"}).out)["sentences"].size(), 2u);
}

TEST_F(CommandTest, EventsAndWorkersAreTablesAndArrays) {
  coordinator_.jobs.events = [](const auto&, v1::ListEventsResponse& response) {
    auto* event = response.add_events();
    event->set_type("WORKER_LOST");
    event->set_worker("worker-2");
    event->set_message("worker-2 was lost");
    return OkStatus();
  };
  coordinator_.workers.list = [](const auto&, v1::ListWorkersResponse& response) {
    response.add_workers()->set_name("worker-1");
    return OkStatus();
  };
  EXPECT_THAT(Run({"events", "a"}).out, HasSubstr("worker-2 was lost"));
  EXPECT_EQ(Json::parse(Run({"events", "a", "--json"}).out)[0]["worker"], "worker-2");
  EXPECT_THAT(Run({"workers"}).out, HasSubstr("worker-1"));
  EXPECT_EQ(Json::parse(Run({"workers", "--json"}).out)[0]["slots"], Json::array());
}

TEST_F(CommandTest, VerifyNamesTheDamagedFile) {
  coordinator_.checkpoints.verify = [](const v1::VerifyCheckpointRequest& request,
                                       v1::Checkpoint& checkpoint) {
    checkpoint.set_step(request.step());
    return request.step() == 5 ? OkStatus() : DataLossError("optimizer.safetensors is damaged");
  };
  EXPECT_EQ(Run({"checkpoint", "verify", "a", "5"}).exit_code, 0);
  const CliResult damaged = Run({"checkpoint", "verify", "a", "6"});
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_THAT(damaged.err, HasSubstr("optimizer.safetensors"));
}

TEST_F(CommandTest, ACoordinatorThatDoesNotAnswerIsExitFiveAfterTheTimeout) {
  coordinator_.jobs.get = [this](const auto&, auto&) {
    cli_.interrupt.WaitFor(std::chrono::milliseconds(300));
    return OkStatus();
  };
  const CliResult result = Run({"get", "a", "--timeout", "50ms"});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, HasSubstr("no answer within 0.05 s"));
}

TEST_F(CommandTest, AnInterruptEndsACallAndIsExit130) {
  coordinator_.jobs.get = [this](const auto&, auto&) {
    cli_.interrupt.Request(2);
    return UnavailableError("too late");
  };
  const CliResult result = Run({"get", "a"});
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("interrupted"));
}

}  // namespace
}  // namespace gvsl::cli
