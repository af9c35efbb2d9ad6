#include "coordinator/report_check.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string>

#include "common/checkpoint_directory.h"
#include "common/quarantine.h"
#include "common/text.h"

namespace gvsl::coordinator {
namespace {

constexpr std::size_t kNameBytes = 128;
constexpr std::size_t kTextBytes = 512;
constexpr std::size_t kReasonBytes = 4096;
constexpr std::size_t kHashBytes = 64;
constexpr int kMostMembers = 4096;
constexpr int kMostDamaged = 4096;
constexpr std::size_t kMostNumbers = 64;
constexpr std::size_t kMostResults = 800;  // three scores of each of 255 classes, and their means
constexpr int kMostPoints = 1100;
constexpr std::size_t kScoreBytes = 32;
constexpr std::uint32_t kMostThreads = 1 << 16;

Status Refuse(const std::string& field, const std::string& reason) {
  return InvalidArgumentError(Concat(field, ": ", reason)).WithViolation(field, reason);
}

Status CheckLength(const std::string& field, const std::string& value, std::size_t limit) {
  if (value.size() <= limit) return OkStatus();
  return Refuse(field, Concat("is longer than ", limit, " bytes"));
}

bool IsWorkerName(const std::string& name) {
  return !name.empty() && name.size() <= kNameBytes && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

// Never in the middle of a character: the store refuses text that is not UTF-8.
void Cut(std::string& text) {
  if (text.size() > kReasonBytes) text = Concat(CutUtf8(text, kReasonBytes), "...");
}

bool IsTime(const google::protobuf::Timestamp& time) {  // of the years 1 to 9999
  return time.seconds() >= -62135596800 && time.seconds() <= 253402300799 && time.nanos() >= 0 &&
         time.nanos() < 1000000000;
}

double Sane(double value) { return std::isfinite(value) && value > 0 ? value : 0; }

Status CheckNumbers(const char* field, const google::protobuf::Map<std::string, double>& numbers,
                    std::size_t most = kMostNumbers) {
  if (numbers.size() > most) {
    return Refuse(field, Concat("has more than ", most, " entries"));
  }
  for (const auto& [name, value] : numbers) {
    GVSL_RETURN_IF_ERROR(CheckLength(field, name, kNameBytes));
  }
  return OkStatus();
}

Status CheckCurve(const v1::Curve& curve) {
  GVSL_RETURN_IF_ERROR(CheckLength("trainer.curve.score", curve.score(), kScoreBytes));
  if (curve.points_size() > kMostPoints) {
    return Refuse("trainer.curve.points", Concat("has more than ", kMostPoints, " entries"));
  }
  std::uint64_t last = 0;
  for (const v1::CurvePoint& point : curve.points()) {
    if (point.step() <= last) return Refuse("trainer.curve.points", "its steps do not ascend");
    if (!std::isfinite(point.score())) {
      return Refuse("trainer.curve.points",
                    Concat("its score of step ", point.step(), " is not finite"));
    }
    last = point.step();
  }
  return OkStatus();
}

Status CheckQuarantine(const v1::TrainerReport& report) {
  if (report.quarantine_size() > static_cast<int>(kMostQuarantined)) {
    return Refuse("trainer.quarantine", Concat("has more than ", kMostQuarantined, " entries"));
  }
  for (const v1::QuarantinedShard& one : report.quarantine()) {
    GVSL_RETURN_IF_ERROR(CheckLength("trainer.quarantine", one.shard(), kTextBytes));
  }
  return OkStatus();
}

// The last step that the report speaks of.
std::uint64_t LastStep(const v1::TrainerReport& report) {
  const v1::Curve& curve = report.curve();
  const std::uint64_t point = curve.points().empty() ? 0 : curve.points().rbegin()->step();
  std::uint64_t last =
      std::max({report.step(), report.progress().step(), point, curve.best_step()});
  for (const v1::QuarantinedShard& one : report.quarantine()) last = std::max(last, one.step());
  return last;
}

}  // namespace

Status CheckRegistration(const v1::RegisterWorkerRequest& request) {
  if (!IsWorkerName(request.name())) {
    return InvalidArgumentError(
               Concat("'", request.name().substr(0, kNameBytes), "' is no name of a worker"))
        .WithViolation("name", "1 to 128 letters, digits, '-', '_' and '.' are expected");
  }
  if (request.incarnation().empty()) return Refuse("incarnation", "is required");
  GVSL_RETURN_IF_ERROR(CheckLength("incarnation", request.incarnation(), kNameBytes));
  GVSL_RETURN_IF_ERROR(CheckLength("version", request.version(), kNameBytes));
  GVSL_RETURN_IF_ERROR(CheckLength("device", request.device(), kNameBytes));
  GVSL_RETURN_IF_ERROR(CheckLength("numeric_class", request.numeric_class(), kTextBytes));
  if (request.threads() > kMostThreads) return Refuse("threads", "is more than any machine has");
  return OkStatus();
}

Status CheckReport(const v1::TrainerReport& report, const v1::Job* job) {
  if (!v1::TrainerReport::State_IsValid(report.state())) {
    return Refuse("trainer.state", Concat(static_cast<int>(report.state()), " is no state"));
  }
  GVSL_RETURN_IF_ERROR(CheckLength("trainer.peer_address", report.peer_address(), kTextBytes));
  GVSL_RETURN_IF_ERROR(CheckLength("trainer.job_uid", report.job_uid(), kNameBytes));
  if (report.suspects_size() > kMostMembers) {
    return Refuse("trainer.suspects", Concat("names more than ", kMostMembers, " workers"));
  }
  for (const std::string& suspect : report.suspects()) {
    GVSL_RETURN_IF_ERROR(CheckLength("trainer.suspects", suspect, kNameBytes));
  }
  GVSL_RETURN_IF_ERROR(CheckNumbers("trainer.progress.losses", report.progress().losses()));
  GVSL_RETURN_IF_ERROR(CheckNumbers("trainer.progress.indicators", report.progress().indicators()));
  GVSL_RETURN_IF_ERROR(CheckNumbers("trainer.result", report.result(), kMostResults));
  GVSL_RETURN_IF_ERROR(CheckCurve(report.curve()));
  GVSL_RETURN_IF_ERROR(CheckQuarantine(report));
  if (job == nullptr) return OkStatus();
  const std::uint64_t step = LastStep(report);
  if (step <= job->steps()) return OkStatus();
  return Refuse("trainer.step", Concat(step, " is beyond the job's ", job->steps()));
}

v1::TrainerReport CleanReport(v1::TrainerReport report) {
  Cut(*report.mutable_reason());
  if (!report.has_progress()) return report;
  v1::StepProgress& progress = *report.mutable_progress();
  progress.set_learning_rate(Sane(progress.learning_rate()));
  progress.set_step_seconds(Sane(progress.step_seconds()));
  progress.set_samples_per_second(Sane(progress.samples_per_second()));
  progress.set_slot_seconds(Sane(progress.slot_seconds()));
  progress.clear_phase_seconds();
  return report;
}

std::optional<v1::CheckpointReport> CleanCheckpoint(v1::CheckpointReport report,
                                                    const v1::Job& job) {
  v1::Checkpoint& checkpoint = *report.mutable_checkpoint();
  const auto beyond = [&](std::uint64_t step) { return step > job.steps(); };
  const auto& damaged = report.damaged_steps();
  const bool possible = checkpoint.step() <= job.steps() && damaged.size() <= kMostDamaged &&
                        std::none_of(damaged.begin(), damaged.end(), beyond) &&
                        report.generation() <= job.generation() &&
                        checkpoint.weights_sha256().size() <= kHashBytes;
  if (!possible) return std::nullopt;
  Cut(*report.mutable_error());
  if (!IsTime(checkpoint.time())) checkpoint.clear_time();
  checkpoint.set_path(
      JoinPath(job.spec().checkpoint().directory(), CheckpointName(checkpoint.step())));
  return report;
}

}  // namespace gvsl::coordinator
