// Downstream tasks, very small: the bits of their weights and of what they are measured by, for any
// number of workers and after a death; the best checkpoint; what they begin with.
#include "tests/trainer/gang_fixture.h"

namespace gvsl::trainer {
namespace {

struct TaskCase {
  const char* task;
  bool frozen;
  std::string name() const { return Concat(task, frozen ? "Linear" : ""); }
  friend void PrintTo(const TaskCase& one, std::ostream* out) { *out << one.name(); }
};

class TaskBits : public GangTest, public ::testing::WithParamInterface<TaskCase> {
 protected:
  void SetUp() override {
    GangTest::SetUp();
    make_method_ = model::MakeMethod;
    job_.slots = 3;
    job_.steps = 5;
    job_.checkpoint = {.directory = "/ckpt", .every_steps = 3, .keep_last = 1, .keep_every = 0};
    job_.optimizer.learning_rate = 1e-2;
    MakeDataset(18, {20, 16, 16}, 4);
    UseTask(GetParam().task);
    job_.task.frozen = GetParam().frozen;
    if (job_.task.frozen) job_.init_checkpoint = Pretrain();
  }
  void UseTask(const char* task) {
    job_.task.task = task;
    job_.task.evaluate_every = 2;
    job_.task.split = {"8", "5", "5"};
  }
  // One step of gvsl: where its checkpoint is.
  std::string Pretrain() {
    const JobPlan task = job_;
    job_.task = {};
    job_.steps = 1;
    Train(1);
    const std::string directory = job_.checkpoint.directory;
    job_ = task;
    return directory;
  }
  // What the job's gang was told at its end, the same for all.
  struct Told {
    std::string weights;
    std::vector<std::pair<std::uint64_t, double>> points;
    model::Scores result;
    bool operator==(const Told&) const = default;
  };
  Told ToldBy(const std::vector<std::unique_ptr<TestWorker>>& workers) {
    for (const auto& worker : workers) {
      EXPECT_EQ(worker->observer.curve.points, workers[0]->observer.curve.points);
      EXPECT_EQ(worker->observer.result, workers[0]->observer.result);
    }
    return {LastWeights(), workers[0]->observer.curve.points, workers[0]->observer.result};
  }
  Told TrainTask(int size, Slots slots = {}) {
    job_.checkpoint.directory = Concat("/task-", ++directories_);
    const auto workers = NewWorkers(size);
    ExpectAll(RunGang(workers, std::move(slots)), GenerationEnd::kFinished);
    return ToldBy(workers);
  }
};

TEST_P(TaskBits, AreTheSameForOneTwoAndThreeWorkers) {
  const Told alone = TrainTask(1);
  ASSERT_EQ(alone.points.size(), 3U);
  EXPECT_EQ(alone.points[0].first, 2U);
  EXPECT_EQ(alone.points[2].first, 5U) << "the last step is evaluated though it is no multiple";
  EXPECT_FALSE(alone.result.empty());
  for (const auto& [name, value] : alone.result) EXPECT_TRUE(std::isfinite(value)) << name;
  EXPECT_EQ(TrainTask(2), alone);
  EXPECT_EQ(TrainTask(3, {{2}, {0}, {1}}), alone);
  ++job_.seed;
  EXPECT_NE(TrainTask(1), alone) << "the seed means nothing";
}

TEST_P(TaskBits, AreTheSameAfterADeathAJoinerAndACheckpoint) {
  const Told alone = TrainTask(1);
  // In the first validation, which is then of a step that all hold.
  const auto workers = TrainThroughTwoDeaths(2, 4);
  EXPECT_EQ(ToldBy(workers), alone);
}

TEST_P(TaskBits, AGangThatBreaksAfterTheLastStepTellsTheSameResult) {
  const Told alone = TrainTask(1);
  job_.checkpoint.directory = "/ckpt-late";
  auto workers = NewWorkers(2);
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step != job_.steps) return;
    board_->AwaitAll(static_cast<int>(job_.steps));  // all have the last sum
    workers[0]->stop.Raise(StopVote::kNow);
  };
  RunGang(workers);
  EXPECT_EQ(workers[1]->session->held_step(), job_.steps);
  workers[0] = NewWorker();
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(ToldBy(workers), alone);
}

TEST_P(TaskBits, TheBestCheckpointIsKept) {
  job_.checkpoint.directory = "/ckpt-best";
  job_.steps = 8;
  const auto workers = NewWorkers(1);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  const model::Curve& curve = workers[0]->observer.curve;
  const auto best = std::ranges::max_element(
      curve.points, [](const auto& a, const auto& b) { return a.second <= b.second; });
  EXPECT_EQ(curve.best_step, best->first);
  const auto manifest = VerifyCheckpoint(files_, "/ckpt-best", curve.best_step);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->task, GetParam().task);
  EXPECT_EQ(manifest->window, "mr");
  EXPECT_EQ(manifest->patch, (std::array<std::int64_t, 3>{20, 16, 16}));
  const auto steps = ListCheckpointSteps(files_, "/ckpt-best");
  EXPECT_LE(steps->size(), 2U) << "the last and the best";
}

TEST_P(TaskBits, AFrozenBackboneStaysAndAnotherLearns) {
  const auto backbone = [this](std::uint64_t steps) {
    job_.steps = steps;
    TrainTask(1);
    const auto file = SafetensorsFile::Open(
        files_, JoinPath(JoinPath(job_.checkpoint.directory, CheckpointName(steps)), kModelFile));
    const auto view = file->Find("unet.down4.maxpool_conv.1.double_conv.3.weight");
    return std::string(view->bytes.begin(), view->bytes.end());
  };
  const std::string one = backbone(1);
  EXPECT_EQ(backbone(2) == one, GetParam().frozen);
  if (!GetParam().frozen) return;
  const auto init = SafetensorsFile::Open(
      files_, JoinPath(JoinPath(job_.init_checkpoint, CheckpointName(1)), kModelFile));
  const auto view = init->Find("unet.down4.maxpool_conv.1.double_conv.3.weight");
  EXPECT_EQ(one, std::string(view->bytes.begin(), view->bytes.end())) << "not that of init";
}

// A patch that is smaller than the volumes: windows, crops and their labels.
TEST_P(TaskBits, WithWindowsAreTheSameForOneAndTwoWorkers) {
  job_.patch = {16, 16, 12};
  job_.steps = 2;
  const Told alone = TrainTask(1);
  EXPECT_FALSE(alone.result.empty());
  EXPECT_EQ(TrainTask(2), alone);
}

TEST_P(TaskBits, WithoutATestPartThereIsNoResult) {
  job_.task.split = {"8", "rest", "0"};
  job_.steps = 2;
  const Told alone = TrainTask(1);
  EXPECT_EQ(alone.points.size(), 1U);
  EXPECT_TRUE(alone.result.empty());
}

TEST_P(TaskBits, AStopInTheMiddleOfAnEvaluationIsObeyedThere) {
  const Told alone = TrainTask(1);
  job_.checkpoint.directory = "/ckpt-left";
  auto workers = NewWorkers(2);
  RecordingObserver& observer = workers[0]->observer;
  observer.on_activity = [&](Activity activity) {
    const bool evaluates = observer.steps.size() == 4 && activity == Activity::kReading;
    if (evaluates) workers[0]->stop.Raise(StopVote::kCheckpoint);
  };
  ExpectAll(RunGang(workers), GenerationEnd::kStopped);
  for (const auto& worker : workers) EXPECT_EQ(worker->session->held_step(), 4U);
  EXPECT_TRUE(VerifyCheckpoint(files_, "/ckpt-left", 4).ok()) << "asked for, and not written";
  workers = NewWorkers(2);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(ToldBy(workers), alone);
}

INSTANTIATE_TEST_SUITE_P(Task, TaskBits,
                         ::testing::Values(TaskCase{"segment", false}, TaskCase{"segment", true},
                                           TaskCase{"classify", false}, TaskCase{"classify", true},
                                           TaskCase{"register", false}, TaskCase{"register", true}),
                         [](const auto& info) { return info.param.name(); });

class InitTest : public TaskBits {
 protected:
  void SetUp() override {
    TaskBits::SetUp();
    job_.task = {};
    job_.init_checkpoint = Pretrain();
  }
  Status EndOf(int size) {
    job_.checkpoint.directory = Concat("/init-", ++directories_);
    const auto workers = NewWorkers(size);
    const auto ends = RunGang(workers);
    notices_ = workers[0]->observer.notices;
    return ends[0].status();
  }
  std::vector<std::string> notices_;
};

TEST_P(InitTest, AnotherPretrainingGoesOnFromThem) {
  for (const char* method : {"gvsl", "byol", "densecl", "mae"}) {
    job_.method = method;
    job_.steps = 2;
    const std::string alone = Train(1);
    EXPECT_EQ(Train(2), alone) << method;
    const std::string init = std::exchange(job_.init_checkpoint, "");
    EXPECT_NE(Train(1), alone) << method << ": init means nothing";
    job_.init_checkpoint = init;
  }
}

TEST_P(InitTest, AnEncoderAloneLeavesTheDecoderSeeded) {
  job_.method = "rotation";
  job_.init_checkpoint = "";
  const auto all =
      SafetensorsFile::Open(files_, JoinPath(JoinPath(Pretrain(), CheckpointName(1)), kModelFile));
  std::map<std::string, TensorView> encoder;
  for (const auto& [name, view] : all->tensors()) {
    if (!name.starts_with("unet.up")) encoder.emplace(name, view);
  }
  ASSERT_TRUE(WriteSafetensors(files_, "/encoder.safetensors", encoder).ok());
  job_.init_checkpoint = "/encoder.safetensors";
  UseTask("segment");
  const Status end = EndOf(2);
  EXPECT_TRUE(end.ok()) << end;
  EXPECT_THAT(notices_, ::testing::Contains(::testing::HasSubstr("decoder")));
  job_.task.frozen = true;
  EXPECT_THAT(EndOf(1).message(), ::testing::HasSubstr("/encoder.safetensors"));
  UseTask("classify");
  EXPECT_TRUE(EndOf(1).ok()) << "a decoder has no part in it";
}

TEST_P(InitTest, WhatDoesNotFitIsNamed) {
  using ::testing::AllOf;
  using ::testing::HasSubstr;
  UseTask("segment");
  job_.width = 16;
  EXPECT_THAT(EndOf(1).message(),
              AllOf(HasSubstr("init.checkpoint"), HasSubstr(job_.init_checkpoint),
                    HasSubstr("width 8"), HasSubstr("model.width is 16")));
  job_.width = 8;
  ASSERT_TRUE(WriteSafetensors(files_, "/nothing.safetensors", {}).ok());
  job_.init_checkpoint = "/nothing.safetensors";
  EXPECT_THAT(EndOf(1).message(), AllOf(HasSubstr("/nothing.safetensors"), HasSubstr("backbone")));
  job_.init_checkpoint = "/not-there";
  EXPECT_EQ(EndOf(1).code(), StatusCode::kNotFound);
  EXPECT_THAT(EndOf(1).message(), HasSubstr("/not-there"));
}

INSTANTIATE_TEST_SUITE_P(Init, InitTest, ::testing::Values(TaskCase{"segment", false}),
                         [](const auto&) { return "once"; });

}  // namespace
}  // namespace gvsl::trainer
