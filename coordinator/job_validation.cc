#include "coordinator/job_validation.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/text.h"
#include "coordinator/job_defaults.h"
#include "coordinator/task_rules.h"
#include "coordinator/violations.h"

namespace gvsl::coordinator {
namespace {

constexpr std::uint64_t kMaxSteps = 999'999'999;  // nine digits in the name of a checkpoint
constexpr std::uint32_t kMaxSlots = 4096;
constexpr std::uint32_t kMaxBatch = 4096;
constexpr std::uint32_t kMaxWidth = 1024;
constexpr std::uint32_t kMaxPatch = 4096;
constexpr std::uint32_t kMaxThreads = 4096;

template <typename Enum>
std::string EnumName(const google::protobuf::EnumDescriptor* descriptor, Enum value) {
  const auto* found = descriptor->FindValueByNumber(value);
  if (found == nullptr) return std::to_string(value);
  const std::string unspecified = descriptor->FindValueByNumber(0)->name();
  const std::string prefix =
      unspecified.substr(0, unspecified.size() - std::size("UNSPECIFIED") + 1);
  return found->name().substr(prefix.size());
}

template <typename Enum>
std::string Written(const google::protobuf::EnumDescriptor* descriptor, Enum value) {
  std::string name = EnumName(descriptor, value);
  for (char& letter : name) {
    letter = letter == '_' ? '-' : static_cast<char>(std::tolower(letter));
  }
  return name;
}

Status LaterVersion(const std::string& field, const std::string& value, const std::string& known) {
  const std::string reason =
      Concat(value, " is brought by a later version; this one knows ", known);
  return UnimplementedError(Concat(field, ": ", reason)).WithViolation(field, reason);
}

Status CheckKnown(const v1::JobSpec& spec) {
  if (spec.precision() > v1::PRECISION_FP32) {
    return LaterVersion("precision", Written(v1::Precision_descriptor(), spec.precision()), "fp32");
  }
  if (spec.priority() != 0) {
    return LaterVersion("priority", Concat("priority ", spec.priority()), "0");
  }
  if (spec.has_queue() && spec.queue() != "default") {
    return LaterVersion("queue", Concat("queue ", spec.queue()), "default");
  }
  return OkStatus();
}

bool IsName(const std::string& name) {
  const auto is_inner = [](unsigned char c) {
    return std::islower(c) || std::isdigit(c) || c == '-';
  };
  return !name.empty() && name.size() <= 63 && name.front() != '-' && name.back() != '-' &&
         std::all_of(name.begin(), name.end(), is_inner);
}

std::string NearestName(const std::string& name) {
  std::string nearest;
  for (const unsigned char c : name) {
    nearest += std::isalnum(c) ? static_cast<char>(std::tolower(c)) : '-';
  }
  nearest.erase(0, nearest.find_first_not_of('-'));
  nearest.resize(std::min<std::size_t>(nearest.size(), 63));
  nearest.erase(nearest.find_last_not_of('-') + 1);
  return nearest.empty() ? "job" : nearest;
}

void CheckRequired(const v1::JobSpec& spec, Violations& wrong) {
  wrong.Require(spec.task() != v1::TASK_UNSPECIFIED, "task");
  wrong.Require(spec.method() != v1::METHOD_UNSPECIFIED, "method");
  wrong.Require(!spec.dataset().empty(), "dataset");
  wrong.Require(spec.has_steps(), "steps");
  wrong.Require(!spec.checkpoint().directory().empty(), "checkpoint.directory");
}

void CheckEnums(const v1::JobSpec& spec, Violations& wrong) {
  const auto check = [&](const char* field, bool valid, const char* known) {
    if (!valid) wrong.Add(field, Concat("is no known value; known: ", known));
  };
  check("task", v1::Task_IsValid(spec.task()), "pretrain, segment, classify, register");
  check("method", v1::Method_IsValid(spec.method()), "those of docs/methods.md");
  check("numerics",
        spec.numerics() != v1::NUMERICS_UNSPECIFIED && v1::Numerics_IsValid(spec.numerics()),
        "strict, fast, reference");
  check("precision", spec.precision() == v1::PRECISION_FP32, "fp32");
  check(
      "collective",
      spec.collective() != v1::COLLECTIVE_UNSPECIFIED && v1::Collective_IsValid(spec.collective()),
      "auto, nccl, grpc, mpi, local");
  check("optimizer.name", spec.optimizer().name() == v1::OPTIMIZER_NAME_ADAM, "adam");
  check("schedule.decay", spec.schedule().decay() == v1::DECAY_CONSTANT, "constant");
}

void CheckPatch(const v1::JobSpec& spec, Violations& wrong) {
  if (spec.patch().empty()) return;
  if (spec.patch_size() != 3) {
    wrong.Add("patch", Concat("has ", spec.patch_size(), " sizes; z, y and x are expected"));
  }
  for (const std::uint32_t size : spec.patch()) wrong.Range("patch", size, 1u, kMaxPatch);
}

void CheckNumbers(const v1::JobSpec& spec, Violations& wrong) {
  if (spec.has_steps()) wrong.Range<std::uint64_t>("steps", spec.steps(), 1, kMaxSteps);
  wrong.Range("slots", spec.slots(), 1u, kMaxSlots);
  wrong.Range("batch_per_slot", spec.batch_per_slot(), 1u,
              spec.numerics() == v1::NUMERICS_REFERENCE ? 1u : kMaxBatch);
  const std::uint32_t width = spec.model().width();
  if (width < 8 || width > kMaxWidth || width % 8 != 0) {
    const std::uint32_t nearest =
        std::clamp((std::min(width, kMaxWidth) + 4) / 8 * 8, 8u, kMaxWidth);
    wrong.Add("model.width", Concat(width, " is not a multiple of 8 within 8 to ", kMaxWidth,
                                    "; the nearest is ", nearest));
  }
  if (spec.evaluate_every() < 1) wrong.Add("evaluate_every", "0 is below 1; the nearest is 1");
  CheckPatch(spec, wrong);
  CheckTask(spec, wrong);
}

void CheckOptimizer(const v1::OptimizerSpec& optimizer, Violations& wrong) {
  const double lr = optimizer.lr();
  if (!(lr > 0) || !std::isfinite(lr)) {
    wrong.Add("optimizer.lr", Concat(lr, " is not above 0; the default is 0.0001"));
  }
  if (optimizer.betas_size() != 2) {
    wrong.Add("optimizer.betas",
              Concat("has ", optimizer.betas_size(), " values; two are expected"));
  }
  for (const double beta : optimizer.betas()) {
    if (!(beta >= 0 && beta < 1)) {
      wrong.Add("optimizer.betas", Concat(beta, " is not within 0 to below 1; the nearest is ",
                                          beta < 0 ? "0" : "0.999"));
    }
  }
  for (const auto& [field, value] : {std::pair("optimizer.weight_decay", optimizer.weight_decay()),
                                     std::pair("optimizer.clip_norm", optimizer.clip_norm())}) {
    if (!(value >= 0) || !std::isfinite(value)) {
      wrong.Add(field, Concat(value, " is negative or no number; the nearest is 0"));
    }
  }
}

void CheckWorkers(std::uint32_t min, std::uint32_t max, std::uint32_t slots, Violations& wrong) {
  if (min < 1) wrong.Add("workers.min", "0 is below 1; the nearest is 1");
  if (max < 1) wrong.Add("workers.max", "0 is below 1; the nearest is 1");
  if (min > max) {
    wrong.Add("workers.min", Concat(min, " is above workers.max; the nearest is ", max));
  } else if (slots > 0 && min > slots) {
    wrong.Add("workers.min", Concat(min, " is above slots; the nearest is ", slots));
  }
}

void CheckPlaces(const v1::JobSpec& spec, Violations& wrong) {
  if (!IsName(spec.name())) {
    wrong.Add("name",
              Concat("'", spec.name(), "' is not made of 1 to 63 of a-z, 0-9 and inner '-'; ",
                     "the nearest is ", NearestName(spec.name())));
  }
  if (!spec.dataset().empty()) wrong.Absolute("dataset", spec.dataset());
  const std::string& directory = spec.checkpoint().directory();
  if (!directory.empty()) wrong.Absolute("checkpoint.directory", directory);
  if (spec.init().has_checkpoint()) wrong.Absolute("init.checkpoint", spec.init().checkpoint());
  if (spec.checkpoint().every_steps() < 1) {
    wrong.Add("checkpoint.every_steps", "0 is below 1; the nearest is 1");
  }
  if (spec.checkpoint().keep_last() < 1) {
    wrong.Add("checkpoint.keep_last", "0 is below 1; the nearest is 1");
  }
}

void CheckPool(const v1::JobSpec& spec, Violations& wrong) {
  const v1::WorkersSpec& workers = spec.workers();
  CheckWorkers(workers.min(), workers.max(), spec.slots(), wrong);
  if (spec.collective() == v1::COLLECTIVE_LOCAL && workers.max() > 1) {
    wrong.Add("workers.max", Concat(workers.max(),
                                    " is above 1, but collective local joins threads "
                                    "of one process; the nearest is 1"));
  }
  if (spec.collective() == v1::COLLECTIVE_NCCL && workers.device() == "cpu") {
    wrong.Add("workers.device", "cpu has no collective nccl; the nearest is cuda");
  }
  const std::vector<std::string> devices = {"auto", "cpu", "cuda"};
  if (std::ranges::count(devices, workers.device()) == 0) {
    wrong.Add("workers.device", Concat("'", workers.device(), "' is unknown; the nearest is ",
                                       NearestWord(workers.device(), devices)));
  }
  wrong.Range("workers.threads", workers.threads(), 0u, kMaxThreads);
}

}  // namespace

std::string WrittenName(v1::Method method) { return Written(v1::Method_descriptor(), method); }
std::string WrittenName(v1::Task task) { return Written(v1::Task_descriptor(), task); }
std::string WrittenName(v1::JobState state) { return EnumName(v1::JobState_descriptor(), state); }

Status CompleteJobSpec(v1::JobSpec& spec, std::string_view name_suffix) {
  GVSL_RETURN_IF_ERROR(CheckKnown(spec));
  if (spec.split().ByteSizeLong() == 0) spec.clear_split();
  SetDefaults(spec, name_suffix);
  Violations wrong;
  CheckRequired(spec, wrong);
  CheckPlaces(spec, wrong);
  CheckNumbers(spec, wrong);
  CheckEnums(spec, wrong);
  CheckOptimizer(spec.optimizer(), wrong);
  CheckPool(spec, wrong);
  if (spec.init().checkpoint().empty()) spec.clear_init();
  return wrong.ToStatus();
}

Status CheckWorkerRange(std::uint32_t min, std::uint32_t max, std::uint32_t slots) {
  Violations wrong;
  CheckWorkers(min, max, slots, wrong);
  return wrong.ToStatus();
}

}  // namespace gvsl::coordinator
