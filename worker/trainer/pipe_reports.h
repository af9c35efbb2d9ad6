// What the trainer says to its agent, and to the log: its state whenever that changes, progress,
// checkpoints.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/message_pipe.h"
#include "gvsl/v1/worker_service.pb.h"
#include "worker/trainer/job_plan.h"
#include "worker/trainer/progress.h"

namespace gvsl::trainer {

// Thread-safe. A pipe that is gone is noticed by whoever reads from it; sending to it does nothing.
class PipeReports final : public TrainerObserver {
 public:
  PipeReports(MessagePipe& pipe, Clock& clock) : pipe_(pipe), clock_(clock) {}

  void SendNumericClass(const std::string& name);
  // Ready for an assignment; peers reach this process at the address.
  void Idle(const std::string& peer_address);
  // The next reports are about this generation. `held_step` is absent where no state is held.
  void Forming(const JobPlan& job, const GangPlan& gang, std::optional<std::uint64_t> held_step);
  // This rank cannot go on by itself; `own_trouble` as IsOwnTrouble (failure.h) says.
  void Failed(std::optional<std::uint64_t> held_step, const std::string& reason, bool own_trouble);
  // The generation is over for this rank.
  void Ended(v1::TrainerReport::State state, std::optional<std::uint64_t> held_step,
             const std::string& reason = "", const std::vector<std::string>& suspects = {});

  void OnRunning(std::uint64_t step) override;
  // At most every 100 ms; the next change of the state carries the last one in any case.
  void OnStep(const StepProgress& progress) override;
  void OnActivity(Activity activity) override;
  // At most once a second, and when the dataset goes or comes back; the end of a generation carries
  // the last one in any case.
  void OnData(const DataUse& use) override;
  void OnCheckpoint(const CheckpointOutcome& outcome) override;
  void OnEvaluated(const model::Curve& curve, const model::Scores& result) override;
  void OnDamage(const std::vector<std::uint64_t>& steps) override;
  void OnQuarantine(const std::vector<LeftOutShard>& left_out) override;
  void OnNotice(const std::string& sentence) override;

 private:
  void End(v1::TrainerReport::State state, std::optional<std::uint64_t> held_step,
           const std::string& reason, const std::vector<std::string>& suspects);
  void SendData();
  void Hold(std::optional<std::uint64_t> step);
  void Send();

  MessagePipe& pipe_;
  Clock& clock_;
  std::mutex mutex_;  // guards everything below
  v1::TrainerReport report_;
  std::uint64_t evaluated_ = 0;  // the last step of the curve that was logged
  std::size_t members_ = 0;
  int rank_ = 0;
  std::optional<TimePoint> sent_;
  std::optional<TimePoint> data_sent_;
  DataUse data_;
  bool data_is_news_ = false;
};

}  // namespace gvsl::trainer
