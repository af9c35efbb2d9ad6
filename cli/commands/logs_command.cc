#include <map>
#include <memory>
#include <sstream>

#include "cli/commands/commands.h"
#include "cli/commands/follow.h"
#include "cli/core/idle_limit.h"
#include "cli/render/format.h"
#include "cli/render/job_json.h"
#include "common/program_options.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

struct Options {
  std::string job;
  std::string worker;
  std::uint64_t since_offset = 0;
  bool follow = false;
};

class LogReader {
 public:
  LogReader(Context& context, const Options& options) : context_(context), options_(options) {}

  StatusOr<ExitCode> Run() {
    while (true) {
      const Status status = ReadOnce();
      if (context_.interrupt().requested()) return CancelledError("interrupted");
      GVSL_RETURN_IF_ERROR(printed_);
      if (status.ok()) return kDone;
      if (!options_.follow || !connected_ || !IsAway(status)) return status;
      if (!away_) {
        away_ = true;
        away_since_ = context_.environment().clock.Now();
        context_.err() << "gvslctl: " << status.message() << "; connecting again ..." << std::endl;
      }
      const Duration gone = context_.environment().clock.Now() - away_since_;
      if (gone >= context_.Timeout(kAwayTimeout)) return status;
      context_.PauseBeforeReconnecting();
    }
  }

 private:
  Status ReadOnce() {
    v1::ReadLogsRequest request;
    request.set_job(options_.job);
    request.set_worker(options_.worker);
    request.set_follow(options_.follow);
    request.set_since_offset(options_.since_offset);
    grpc::ClientContext call;
    const Interrupt::Guard guard(context_.interrupt(), [&call] { call.TryCancel(); });
    IdleLimit limit(call, context_.Timeout());
    if (options_.follow) limit.Stop();
    const auto reader = context_.stubs().jobs->ReadLogs(&call, request);
    v1::LogLines lines;
    while (printed_.ok() && reader->Read(&lines)) {
      limit.Feed();
      connected_ = true;
      away_ = false;
      printed_ = PrintNew(lines);
    }
    if (!printed_.ok()) call.TryCancel();
    const grpc::Status end = reader->Finish();
    if (limit.expired()) return context_.ToStatus({grpc::StatusCode::DEADLINE_EXCEEDED, ""});
    return context_.ToStatus(end);
  }

  // After another connection the log begins anew: what was printed is left out.
  Status PrintNew(v1::LogLines lines) {
    std::uint64_t& next = next_offset_[lines.worker()];
    const std::uint64_t end = lines.offset() + lines.text().size();
    if (end <= next) return OkStatus();
    if (lines.offset() < next) {
      lines.mutable_text()->erase(0, next - lines.offset());
      lines.set_offset(next);
    }
    next = end;
    return context_.json() ? context_.Print(DumpLine(LogLinesToJson(lines))) : PrintText(lines);
  }

  Status PrintText(const v1::LogLines& lines) {
    std::istringstream text(lines.text());
    for (std::string line; std::getline(text, line);) {
      const std::string prefix = options_.worker.empty() ? Concat("[", lines.worker(), "] ") : "";
      GVSL_RETURN_IF_ERROR(context_.Print(prefix + Printable(line)));
    }
    return OkStatus();
  }

  Context& context_;
  const Options& options_;
  std::map<std::string, std::uint64_t> next_offset_;
  Status printed_;
  bool connected_ = false;
  bool away_ = false;
  TimePoint away_since_;
};

}  // namespace

Action ConfigureLogs(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  AddJobArgument(app, options->job);
  app.add_flag("-f,--follow", options->follow, "and what comes, until the job has ended");
  app.add_option("--worker", options->worker, "only this worker's, without its name before lines");
  app.add_option("--since-offset", options->since_offset, "bytes of a worker's log to leave out")
      ->check(NumberFrom(0, 9e15));
  return [options](Context& context) { return LogReader(context, *options).Run(); };
}

}  // namespace gvsl::cli
