// Random faults, one seed a campaign: whatever happened, a healthy cluster brings the job to its
// end, and the fake trainers check on the way that they are never told a state that they do not
// have.
#include <gtest/gtest.h>

#include <random>

#include "tests/coordinator/fake_cluster.h"

namespace gvsl::coordinator {
namespace {

class Campaign {
 public:
  explicit Campaign(unsigned seed) : random_(seed) {
    for (int i = 0; i < 4; ++i) cluster_.AddWorker(Name(i));
    cluster_.Rounds(1);
    v1::JobSpec spec = cluster_.Spec("heads", 150);
    spec.mutable_workers()->set_min(1 + random_() % 2);
    spec.mutable_workers()->set_max(3);
    spec.mutable_checkpoint()->set_every_steps(20);
    cluster_.Submit(spec);
  }

  void Disturb() {
    for (int i = 0; i < 80; ++i) {
      if (random_() % 3 == 0) Fault();
      cluster_.Round();
      if (testing::Test::HasFatalFailure()) return;
    }
  }

  bool Recovers() {
    if (!up_) Toggle();
    for (int i = 0; i < 4; ++i) {
      FakeWorker& worker = cluster_.worker(Name(i));
      worker.silent = false;
      if (!worker.alive) cluster_.RestartAgent(Name(i));
    }
    for (int i = 0; i < 600; ++i) {
      const v1::JobState state = cluster_.Job("heads").state();
      if (state == v1::JOB_STATE_SUCCEEDED) return true;
      if (state == v1::JOB_STATE_PAUSED || state == v1::JOB_STATE_FAILED) {
        EXPECT_TRUE(cluster_.coordinator().ResumeJob("heads").ok());
      }
      for (int w = 0; w < 4; ++w) {  // those that left
        if (!cluster_.worker(Name(w)).alive) cluster_.RestartAgent(Name(w));
      }
      cluster_.Round();
    }
    return false;
  }

  v1::Job Job() { return cluster_.Job("heads"); }

 private:
  static std::string Name(std::size_t i) { return "w" + std::to_string(i); }

  void Toggle() {
    up_ = !up_;
    if (up_) {
      cluster_.StartCoordinator();
    } else {
      cluster_.StopCoordinator();
    }
  }

  void Fault() {
    const std::string name = Name(random_() % 4);
    FakeWorker& worker = cluster_.worker(name);
    switch (random_() % 9) {
      case 0:
        return cluster_.Kill(name);
      case 1:
        return worker.alive ? cluster_.KillTrainer(name) : void();
      case 2:
      case 3:
        return worker.alive ? void() : cluster_.RestartAgent(name);
      case 4:
        worker.silent = !worker.silent;
        return;
      case 5:
        if (worker.alive) worker.leaving = true;
        return;
      case 6:
        return Toggle();
      case 7:
        if (up_) (void)cluster_.coordinator().PauseJob("heads");
        return;
      default:
        if (up_) (void)cluster_.coordinator().ResumeJob("heads");
        return;
    }
  }

  std::mt19937 random_;
  FakeCluster cluster_;
  bool up_ = true;
};

TEST(Campaign, AJobSurvivesAnyMixOfFaults) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Campaign campaign(seed);
    campaign.Disturb();
    ASSERT_FALSE(HasFatalFailure());
    ASSERT_TRUE(campaign.Recovers()) << campaign.Job().DebugString();
    ASSERT_FALSE(HasFatalFailure());
    ASSERT_EQ(campaign.Job().step(), 150u);
    ASSERT_EQ(campaign.Job().checkpoints().rbegin()->step(), 150u);
  }
}

}  // namespace
}  // namespace gvsl::coordinator
