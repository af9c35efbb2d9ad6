#include "cli/render/job_text.h"

#include <algorithm>
#include <map>

#include "cli/core/exit_code.h"
#include "cli/render/format.h"
#include "cli/render/job_json.h"
#include "cli/render/job_result.h"
#include "cli/render/table.h"
#include "cli/spec/schema.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

std::string SlotList(const google::protobuf::RepeatedField<std::uint32_t>& slots) {
  std::vector<std::string> words;
  for (const auto slot : slots) words.push_back(std::to_string(slot));
  return Join(words, ",");
}

std::string Loss(const v1::Job& job) { return job.has_loss() ? FormatNumber(job.loss()) : "-"; }

std::string Rate(const v1::Job& job) {
  return job.samples_per_second() > 0 ? FormatNumber(job.samples_per_second()) : "-";
}

std::string Eta(const v1::Job& job) {
  return job.state() == v1::JOB_STATE_RUNNING && job.eta_seconds() > 0
             ? FormatSeconds(job.eta_seconds())
             : "-";
}

double Share(const v1::Job& job) {
  return job.steps() == 0
             ? 0
             : std::min(1.0, static_cast<double>(job.step()) / static_cast<double>(job.steps()));
}

std::string Bar(double share, int cells) {
  const int full = static_cast<int>(share * cells);
  return Concat("[", std::string(full, '#'), std::string(cells - full, '-'), "]");
}

template <typename Map>
void AddNumbers(Facts& facts, const std::string& prefix, const Map& numbers) {
  for (const auto& [name, value] : std::map(numbers.begin(), numbers.end())) {
    facts.emplace_back(Concat(prefix, name), FormatNumber(value));
  }
}

std::string MemberTable(const v1::Job& job) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& member : job.workers()) {
    rows.push_back({member.name(), member.device(), SlotList(member.slots()),
                    FormatNumber(member.step_seconds())});
  }
  return FormatTable({"WORKER", "DEVICE", "SLOTS", "STEP_SECONDS"}, rows);
}

// "4b91ec6e 2/4": rank 2 of 4.
std::string StaticGang(const v1::Worker& worker) {
  const v1::StaticGang& gang = worker.static_gang();
  return gang.id().empty() ? "" : Concat(gang.id(), " ", gang.rank(), "/", gang.size());
}

}  // namespace

std::string JobTable(const Repeated<v1::Job>& jobs, std::chrono::system_clock::time_point now) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& job : jobs) {
    rows.push_back(
        {job.name(), StateName(job.state()), Concat(job.step(), "/", job.steps()), Loss(job),
         Rate(job), Eta(job), std::to_string(job.workers_size()),
         job.has_create_time() ? FormatSeconds(SecondsSince(job.create_time(), now)) : "-"});
  }
  return FormatTable({"NAME", "STATE", "STEP", "LOSS", "SAMPLES/S", "ETA", "WORKERS", "AGE"}, rows);
}

std::string JobDescription(const v1::Job& job) {
  Facts facts = {{"name", job.name()},
                 {"uid", job.uid()},
                 {"state", StateName(job.state())},
                 {"reason", job.reason().empty() ? "-" : job.reason()}};
  const auto& spec = job.spec();
  const auto* method = v1::Method_descriptor()->FindValueByNumber(spec.method());
  const auto* task = v1::Task_descriptor()->FindValueByNumber(spec.task());
  if (spec.has_task() && task != nullptr) facts.emplace_back("task", EnumWord(*task));
  if (spec.has_method() && method != nullptr) facts.emplace_back("method", EnumWord(*method));
  if (spec.has_dataset()) facts.emplace_back("dataset", spec.dataset());
  facts.emplace_back("step", Concat(job.step(), " of ", job.steps()));
  facts.emplace_back("round", std::to_string(job.round()));
  facts.emplace_back("generation", std::to_string(job.generation()));
  facts.emplace_back("loss", Loss(job));
  facts.emplace_back("learning rate", FormatNumber(job.learning_rate()));
  facts.emplace_back("samples/s", Rate(job));
  facts.emplace_back("ETA", Eta(job));
  facts.emplace_back("goodput", FormatNumber(job.goodput()));
  AddNumbers(facts, "lost seconds: ", job.lost_seconds());
  AddNumbers(facts, "health: ", job.indicators());
  if (job.quarantine_size() > 0) facts.emplace_back("damaged, left out", QuarantineText(job));
  for (auto& fact : ResultFacts(job)) facts.push_back(std::move(fact));
  if (!job.numeric_class().empty()) facts.emplace_back("numeric class", job.numeric_class());
  if (job.has_create_time()) facts.emplace_back("created", FormatTime(job.create_time()));
  if (job.has_start_time()) facts.emplace_back("started", FormatTime(job.start_time()));
  if (job.has_end_time()) facts.emplace_back("ended", FormatTime(job.end_time()));
  std::string text = FormatFacts(facts);
  if (const auto table = ResultTable(job); !table.empty()) text += Concat("\n\n", table);
  if (job.workers_size() > 0) text += Concat("\n\n", MemberTable(job));
  if (job.checkpoints_size() > 0) text += Concat("\n\n", CheckpointTable(job.checkpoints()));
  return text;
}

std::string CheckpointTable(const Repeated<v1::Checkpoint>& checkpoints) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& checkpoint : checkpoints) {
    rows.push_back({std::to_string(checkpoint.step()),
                    checkpoint.has_time() ? FormatTime(checkpoint.time()) : "-",
                    FormatBytes(checkpoint.bytes()), checkpoint.weights_sha256().substr(0, 16),
                    checkpoint.pinned() ? "yes" : "no", checkpoint.path()});
  }
  return FormatTable({"STEP", "TIME", "SIZE", "WEIGHTS_SHA256", "PINNED", "PATH"}, rows);
}

std::string EventTable(const Repeated<v1::JobEvent>& events) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& event : events) {
    rows.push_back({event.has_time() ? FormatTime(event.time()) : "-", event.type(),
                    std::to_string(event.generation()), std::to_string(event.step()),
                    event.worker(), event.message()});
  }
  return FormatTable({"TIME", "TYPE", "GENERATION", "STEP", "WORKER", "MESSAGE"}, rows);
}

std::string WorkerTable(const Repeated<v1::Worker>& workers) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& worker : workers) {
    rows.push_back(
        {worker.name(), worker.device(), std::to_string(worker.threads()), worker.state(),
         worker.job(), SlotList(worker.slots()), FormatNumber(worker.step_seconds()),
         FormatNumber(worker.heartbeat_age_seconds()), worker.version(), StaticGang(worker)});
  }
  return FormatTable({"NAME", "DEVICE", "THREADS", "STATE", "JOB", "SLOTS", "STEP_SECONDS",
                      "HEARTBEAT_AGE", "VERSION", "GANG"},
                     rows);
}

std::string ProgressLine(const v1::Job& job, int columns) {
  std::string line = Concat(job.name(), "  ", StateName(job.state()), "  ",
                            Bar(Share(job), columns >= 120 ? 30 : 16), " ", job.step(), "/",
                            job.steps(), "  ", static_cast<int>(100 * Share(job)), "%");
  if (job.has_loss()) line += Concat("  loss ", Loss(job));
  if (job.state() == v1::JOB_STATE_RUNNING) {
    line += Concat("  ", Rate(job), " samples/s  ETA ", Eta(job), "  ", job.workers_size(),
                   job.workers_size() == 1 ? " worker" : " workers");
  } else if (!job.reason().empty()) {
    line += Concat("  ", Printable(job.reason()));
  }
  return Shorten(line, static_cast<std::size_t>(std::max(columns, 20)));
}

}  // namespace gvsl::cli
