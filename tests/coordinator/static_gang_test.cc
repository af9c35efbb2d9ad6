// Gangs that a launcher started: which of them can be had, by whom, and what they are told.
#include "coordinator/static_gang.h"

#include <gmock/gmock.h>

#include "common/version.h"
#include "coordinator/scheduler.h"
#include "coordinator/worker_pool.h"
#include "tests/coordinator/fake_cluster.h"

namespace gvsl::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using From = Demand::From;

WorkerView Rank(const std::string& gang, std::uint32_t rank, std::uint32_t size,
                const std::string& launch = "l1") {
  WorkerView worker;
  worker.name = gang + std::to_string(rank);
  worker.static_gang.set_id(gang);
  worker.static_gang.set_rank(rank);
  worker.static_gang.set_size(size);
  worker.report.set_peer_address("mpi:" + launch + ":" + std::to_string(rank));
  return worker;
}

WorkerViews Views(const std::vector<WorkerView>& workers) {
  WorkerViews views;
  for (const WorkerView& worker : workers) views[worker.name] = worker;
  return views;
}

std::string ProblemOf(const std::vector<WorkerView>& workers,
                      const std::map<std::string, std::string>& spent = {},
                      const std::map<std::string, std::string>& idle_problem = {}) {
  return FindStaticGangs(Views(workers), spent, idle_problem).at("g").problem;
}

TEST(StaticGangs, ACompleteOneListsItsMembersByRank) {
  const auto gangs =
      FindStaticGangs(Views({Rank("g", 2, 3), Rank("g", 0, 3), Rank("g", 1, 3)}), {}, {});
  EXPECT_EQ(gangs.at("g").problem, "");
  EXPECT_THAT(gangs.at("g").members, ElementsAre("g0", "g1", "g2"));
}

TEST(StaticGangs, WorkersOfThePoolAreOfNone) {
  WorkerView loose;
  loose.name = "w0";
  EXPECT_TRUE(FindStaticGangs(Views({loose}), {}, {}).empty());
}

TEST(StaticGangs, SayWhyTheyCanNotBeHad) {
  EXPECT_EQ(ProblemOf({Rank("g", 0, 4), Rank("g", 1, 4), Rank("g", 3, 4)}),
            "has 3 of 4 ranks; rank 2 is missing");
  EXPECT_EQ(ProblemOf({Rank("g", 1, 3)}), "has 1 of 3 ranks; rank 0, 2 are missing");
  EXPECT_EQ(ProblemOf({Rank("g", 0, 1)}, {{"g/l1", "heads"}}), "has served job heads");
  EXPECT_EQ(ProblemOf({Rank("g", 0, 1, "l2")}, {{"g/l1", "heads"}}), "") << "another launch";
  EXPECT_EQ(ProblemOf({Rank("g", 0, 2), Rank("g", 1, 2)}, {}, {{"g1", "is leaving"}}),
            "is not ready: rank 1 (g1) is leaving");
  EXPECT_EQ(ProblemOf({Rank("g", 0, 2), Rank("g", 1, 2, "l2")}),
            "has ranks of two launches: 0 and 1");
}

v1::RegisterWorkerRequest Request(const std::string& name, const std::string& id,
                                  std::uint32_t rank, std::uint32_t size) {
  v1::RegisterWorkerRequest request;
  request.set_name(name);
  request.mutable_static_gang()->set_id(id);
  request.mutable_static_gang()->set_rank(rank);
  request.mutable_static_gang()->set_size(size);
  return request;
}

TEST(StaticGangs, APlaceThatDoesNotExistIsRefused) {
  for (const auto& request : {Request("a", "", 0, 1), Request("a", "g/1", 0, 1),
                              Request("a", std::string(200, 'g'), 0, 1), Request("a", "g", 2, 2),
                              Request("a", "g", 0, 0), Request("a", "g", 0, 1'000'000)}) {
    EXPECT_EQ(CheckStaticGang(request, {}).code(), StatusCode::kInvalidArgument)
        << request.ShortDebugString();
  }
  EXPECT_TRUE(CheckStaticGang(Request("a", "g", 1, 2), {}).ok());
  EXPECT_TRUE(CheckStaticGang({}, Views({Rank("g", 0, 2)})).ok()) << "a worker of the pool";
}

TEST(StaticGangs, TwoLaunchesWithOneIdAreFoundOut) {
  const WorkerViews living = Views({Rank("g", 0, 2)});
  const Status twice = CheckStaticGang(Request("other", "g", 0, 2), living);
  EXPECT_EQ(twice.code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(twice.message(), HasSubstr("rank 0 of gang g is the living worker g0"));
  const Status size = CheckStaticGang(Request("other", "g", 1, 3), living);
  EXPECT_EQ(size.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(size.message(), HasSubstr("2 ranks as worker g0 says, 3 as worker other says"));
  EXPECT_TRUE(CheckStaticGang(Request("g0", "g", 0, 2), living).ok()) << "the same one again";
  EXPECT_TRUE(CheckStaticGang(Request("other", "g", 1, 2), living).ok());
  EXPECT_TRUE(CheckStaticGang(Request("other", "h", 0, 3), living).ok());
}

TEST(StaticGangs, ARankIsFreeAgainWhenItsWorkersLeaseHasRunOut) {
  WorkerPool pool({});
  const TimePoint start{std::chrono::hours(1)};
  v1::RegisterWorkerRequest first = Request("first", "g", 0, 2);
  first.set_incarnation("1");
  first.set_version(std::string(kVersion));
  ASSERT_TRUE(pool.Register(start, first).ok());
  v1::RegisterWorkerRequest second = first;
  second.set_name("second");
  const Status refused = pool.Register(start, second);
  EXPECT_EQ(refused.code(), StatusCode::kAlreadyExists);
  ASSERT_EQ(refused.violations().size(), 1U);
  EXPECT_EQ(refused.violations()[0].field, "lease_seconds");
  const TimePoint later = start + std::chrono::seconds(2);
  EXPECT_EQ(pool.Expire(later).size(), 1U);
  EXPECT_TRUE(pool.Register(later, second).ok());
}

TEST(StaticGangs, TheLastOnesOfAJobAreRemembered) {
  v1::StoredJob job;
  NoteSpentGang("", v1::JOB_STATE_QUEUED, "of the pool", job);
  EXPECT_EQ(job.spent_gangs_size(), 0);
  for (int i = 0; i < 100; ++i) {
    NoteSpentGang("g" + std::to_string(i), v1::JOB_STATE_QUEUED, "a loss", job);
  }
  EXPECT_EQ(job.spent_gangs_size(), 32);
  ASSERT_NE(FindSpentGang(job, "g99"), nullptr);
  EXPECT_EQ(FindSpentGang(job, "g99")->reason(), "a loss");
  EXPECT_EQ(FindSpentGang(job, "g0"), nullptr);
  EXPECT_EQ(FindSpentGang(job, ""), nullptr);
}

Demand Job(const std::string& name, From from, std::size_t min = 1, std::size_t want = 4) {
  Demand demand;
  demand.uid = demand.name = name;
  demand.from = from;
  demand.min = min;
  demand.want = want;
  return demand;
}

struct Offered {
  std::vector<Offer> workers;
  std::vector<GangOffer> gangs;
  void AddGang(const std::string& id, std::uint32_t size, const std::string& problem = "") {
    GangOffer gang{.id = id, .size = size, .members = {}, .problem = problem};
    for (std::uint32_t rank = 0; rank < size; ++rank) {
      gang.members.push_back(id + std::to_string(rank));
      workers.push_back({.name = gang.members.back(),
                         .numeric_class = "cpu/a",
                         .device = "cpu",
                         .threads = 2,
                         .job = "",
                         .not_now = "",
                         .static_gang = id});
    }
    gangs.push_back(gang);
  }
  void AddLoose(const std::string& name) {
    workers.push_back({.name = name, .numeric_class = "cpu/a", .device = "cpu", .threads = 2});
  }
  Grant For(const Demand& demand) const {
    return Schedule({demand}, workers, gangs).at(demand.uid);
  }
};

TEST(StaticGangsScheduled, AJobOfMpiTakesAWholeGangInTheOrderOfItsRanks) {
  Offered offered;
  offered.AddLoose("a");
  offered.AddGang("g", 3);
  const Grant grant = offered.For(Job("job", From::kStaticGangs));
  EXPECT_TRUE(grant.form);
  EXPECT_EQ(grant.static_gang, "g");
  EXPECT_THAT(grant.workers, ElementsAre("g0", "g1", "g2"));
}

TEST(StaticGangsScheduled, TheLargestThatFitsIsTaken) {
  Offered offered;
  for (const auto& [id, size] : {std::pair("g2", 2), std::pair("g4", 4), std::pair("g8", 8)}) {
    offered.AddGang(id, size);
  }
  EXPECT_EQ(offered.For(Job("job", From::kStaticGangs)).static_gang, "g4");
}

TEST(StaticGangsScheduled, AJobOfMpiSaysWhatItWaitsFor) {
  Offered nobody;
  nobody.AddLoose("a");
  EXPECT_EQ(nobody.For(Job("job", From::kStaticGangs)).sentence,
            "it needs a gang of 1 to 4 ranks that mpirun or srun started (gvsl-worker --gang mpi); "
            "there is none");
  Offered offered;
  offered.AddGang("half", 4, "has 3 of 4 ranks; rank 2 is missing");
  offered.AddGang("large", 8);
  offered.AddGang("small", 1);
  const Grant grant = offered.For(Job("job", From::kStaticGangs, 2));
  EXPECT_FALSE(grant.form);
  EXPECT_THAT(grant.sentence, HasSubstr("gang half has 3 of 4 ranks; rank 2 is missing"));
  EXPECT_THAT(grant.sentence,
              HasSubstr("gang large has 8 ranks, above the 4 that the job's slots"));
  EXPECT_THAT(grant.sentence, HasSubstr("gang small has 1 rank, the job needs 2"));
}

TEST(StaticGangsScheduled, AMemberThatDoesNotSuitKeepsTheGangFromTheJob) {
  Offered offered;
  offered.AddGang("g", 2);
  offered.workers[1].numeric_class = "cpu/b";
  EXPECT_THAT(offered.For(Job("job", From::kStaticGangs)).sentence,
              HasSubstr("gang g can not serve it: g1 is of numeric class cpu/b"));
}

TEST(StaticGangsScheduled, AGangServesOneJobAtATime) {
  Offered offered;
  offered.AddGang("g", 2);
  const auto grants = Schedule({Job("old", From::kStaticGangs), Job("new", From::kStaticGangs)},
                               offered.workers, offered.gangs);
  EXPECT_TRUE(grants.at("old").form);
  EXPECT_FALSE(grants.at("new").form);
  EXPECT_THAT(grants.at("new").sentence, HasSubstr("gang g goes to an earlier job"));
}

TEST(StaticGangsScheduled, AJobOfThePoolNeverTakesAMember) {
  Offered offered;
  offered.AddGang("g", 2);
  const Grant grant = offered.For(Job("job", From::kPool));
  EXPECT_FALSE(grant.form);
  EXPECT_THAT(grant.sentence, HasSubstr("is of the static gang g"));
  Demand running = Job("job", From::kPool);
  running.kind = Demand::Kind::kRunning;
  running.held = 1;
  EXPECT_FALSE(Schedule({running}, offered.workers, offered.gangs).contains("job"));
}

TEST(StaticGangsScheduled, AJobOfEitherTakesThePoolFirst) {
  Offered offered;
  offered.AddGang("g", 2);
  EXPECT_EQ(offered.For(Job("job", From::kEither)).static_gang, "g");
  offered.AddLoose("a");
  EXPECT_THAT(offered.For(Job("job", From::kEither)).workers, ElementsAre("a"));
  EXPECT_EQ(offered.For(Job("job", From::kEither, 2)).static_gang, "g") << "one is not enough";
}

// The whole coordinator with scripted ranks.
class GangOfALaunch : public testing::Test {
 protected:
  void Launch(const std::string& id, int size, int missing = 0, const std::string& word = "g") {
    for (int rank = 0; rank < size - missing; ++rank) {
      FakeWorker& worker = cluster.AddWorker(id + std::to_string(rank));
      worker.static_gang.set_id(id);
      worker.static_gang.set_rank(rank);
      worker.static_gang.set_size(size);
      worker.report.set_peer_address("mpi:" + word + ":" + std::to_string(rank));
    }
    cluster.Rounds(2);
  }
  void Submit(std::uint64_t steps = 40, v1::Collective collective = v1::COLLECTIVE_MPI) {
    v1::JobSpec spec = cluster.Spec("heads", steps);
    spec.set_collective(collective);
    cluster.Submit(spec);
  }
  v1::Job Job() { return cluster.Job("heads"); }
  bool AllEnded(const std::string& id, int size) {
    return cluster.RoundsUntil([&] {
      for (int rank = 0; rank < size; ++rank) {
        if (cluster.worker(id + std::to_string(rank)).alive) return false;
      }
      return true;
    });
  }
  v1::JobState ToldOf(const std::string& worker) {
    return cluster.worker(worker).directive.dismissal().job_state();
  }

  FakeCluster cluster;
};

TEST_F(GangOfALaunch, TrainsInTheOrderOfItsRanksAndEndsWithItsJob) {
  Launch("g", 3);
  Submit();
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  const v1::Job running = Job();
  ASSERT_EQ(running.workers_size(), 3);
  for (int rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(running.workers(rank).name(), "g" + std::to_string(rank));
  }
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_TRUE(AllEnded("g", 3));
  EXPECT_EQ(ToldOf("g2"), v1::JOB_STATE_SUCCEEDED);
}

TEST_F(GangOfALaunch, ThatIsIncompleteIsWaitedFor) {
  Launch("g", 3, /*missing=*/1);
  Submit();
  cluster.Rounds(5);
  EXPECT_EQ(Job().state(), v1::JOB_STATE_QUEUED);
  EXPECT_THAT(Job().reason(), HasSubstr("gang g has 2 of 3 ranks; rank 2 is missing"));
  const auto explained = cluster.coordinator().ExplainJob("heads");
  ASSERT_TRUE(explained.ok());
  EXPECT_THAT(explained->ShortDebugString(), HasSubstr("Static gang g is not taken"));
}

class LossInALaunch : public GangOfALaunch, public testing::WithParamInterface<const char*> {};

TEST_P(LossInALaunch, EndsItAndTheNextGoesOnFromTheCheckpoint) {
  const std::string victim = GetParam();
  Launch("g", 3);
  v1::JobSpec spec = cluster.Spec("heads", 60);
  spec.set_collective(v1::COLLECTIVE_MPI);
  spec.mutable_checkpoint()->set_every_steps(10);
  cluster.Submit(spec);
  ASSERT_TRUE(cluster.ReachesStep("heads", 14));
  cluster.Kill(victim);
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  EXPECT_EQ(Job().step() % 10, 0u);
  EXPECT_GE(Job().step(), 10u);
  EXPECT_TRUE(AllEnded("g", 3));
  EXPECT_EQ(ToldOf(victim == "g0" ? "g1" : "g0"), v1::JOB_STATE_QUEUED);
  const std::uint64_t checkpoint = Job().step();
  Launch("h", 2);
  ASSERT_TRUE(cluster.ReachesStep("heads", checkpoint + 5));
  EXPECT_EQ(Job().workers_size(), 2);
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_TRUE(AllEnded("h", 2));
}

INSTANTIATE_TEST_SUITE_P(OfEveryRank, LossInALaunch, testing::Values("g0", "g1", "g2"),
                         [](const auto& info) { return std::string(info.param); });

TEST_F(GangOfALaunch, ATrainersDeathEndsAllOfThem) {
  Launch("g", 2);
  Submit(100);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  v1::TrainerReport& report = cluster.worker("g1").report;
  report.Clear();
  report.set_state(v1::TrainerReport::STATE_ABSENT);
  report.set_incarnation(2);
  report.set_reason("the trainer ended: signal 9 (Killed)");
  cluster.Round();
  cluster.Kill("g1");  // its agent starts no other
  EXPECT_TRUE(AllEnded("g", 2));
  EXPECT_TRUE(cluster.HasEvent("heads", "WORKER_LOST"));
  EXPECT_EQ(ToldOf("g0"), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(Job().state(), v1::JOB_STATE_QUEUED);
}

TEST_F(GangOfALaunch, LeavesWithACheckpointWhenItIsToldTo) {
  Launch("g", 3);
  Submit(1000);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  for (int rank = 0; rank < 3; ++rank) cluster.worker("g" + std::to_string(rank)).leaving = true;
  EXPECT_TRUE(AllEnded("g", 3));
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  EXPECT_EQ(Job().checkpoints_size(), 1);
  EXPECT_GE(Job().step(), 5u);
}

TEST_F(GangOfALaunch, ThatHasTheIdOfASpentOneIsNotTakenForIt) {
  Launch("g", 2);
  Submit(60);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.Kill("g0");
  ASSERT_TRUE(AllEnded("g", 2));
  ASSERT_TRUE(
      cluster.RoundsUntil([&] { return cluster.coordinator().ListWorkers().workers().empty(); }));
  for (const char* name : {"g0", "g1"}) cluster.RestartAgent(name);
  Launch("g", 2, 0, "another");
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangOfALaunch, IsDismissedByPauseAndCancel) {
  Launch("g", 2);
  Submit(1000);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  ASSERT_TRUE(cluster.coordinator().PauseJob("heads").ok());
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_PAUSED));
  EXPECT_TRUE(AllEnded("g", 2));
  EXPECT_EQ(ToldOf("g1"), v1::JOB_STATE_PAUSED);
  ASSERT_TRUE(cluster.coordinator().ResumeJob("heads").ok());
  Launch("h", 2);
  ASSERT_TRUE(cluster.ReachesStep("heads", Job().step() + 5));
  ASSERT_TRUE(cluster.coordinator().CancelJob("heads").ok());
  EXPECT_TRUE(AllEnded("h", 2));
  EXPECT_EQ(ToldOf("h0"), v1::JOB_STATE_CANCELLED);
}

TEST_F(GangOfALaunch, CanNotBeScaledAndDoesNotGrow) {
  Launch("g", 2);
  Submit(60, v1::COLLECTIVE_AUTO);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  v1::ScaleJobRequest request;
  request.set_job("heads");
  request.set_min_workers(1);
  request.set_max_workers(1);
  const Status scaled = cluster.coordinator().ScaleJob(request).status();
  EXPECT_EQ(scaled.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(scaled.message(), HasSubstr("the static gang g/g of 2 ranks"));
  cluster.AddWorker("loose");
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(Job().generation(), 1u);
}

TEST_F(GangOfALaunch, IsRememberedByARestartedCoordinator) {
  Launch("g", 2);
  Submit(60);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.StopCoordinator();
  cluster.StartCoordinator();
  ASSERT_TRUE(cluster.ReachesStep("heads", 20));
  EXPECT_EQ(Job().generation(), 1u);
  cluster.Kill("g1");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  cluster.worker("g0").silent = true;  // it has not heard of the end yet
  cluster.StopCoordinator();
  cluster.StartCoordinator();
  cluster.worker("g0").silent = false;
  EXPECT_TRUE(AllEnded("g", 2));
  EXPECT_EQ(ToldOf("g0"), v1::JOB_STATE_QUEUED);
}

}  // namespace
}  // namespace gvsl::coordinator
