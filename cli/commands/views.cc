#include "cli/commands/follow.h"
#include "cli/render/job_json.h"
#include "cli/render/job_text.h"

namespace gvsl::cli {
namespace {

constexpr Duration kRedrawInterval = std::chrono::milliseconds(100);
constexpr Duration kLineInterval = std::chrono::seconds(2);
constexpr char kClearLine[] = "\r\x1b[K";

Status CheckStream(std::ostream& out) {
  return out ? OkStatus() : InternalError("cannot write the output");
}

}  // namespace

Status JsonView::Show(const v1::Job& job) {
  out_ << DumpLine(JobToJson(job)) << std::endl;
  return CheckStream(out_);
}

Status ProgressView::Show(const v1::Job& job) {
  const TimePoint now = clock_.Now();
  const Duration interval = terminal_ ? kRedrawInterval : kLineInterval;
  if (shown_ && !IsNews(job) && now - shown_at_ < interval) return OkStatus();
  if (terminal_) out_ << kClearLine;
  out_ << ProgressLine(job, terminal_ ? columns_() - 1 : 200);
  if (!terminal_) out_ << '\n';
  out_ << std::flush;
  line_open_ = terminal_;
  shown_ = true;
  shown_at_ = now;
  last_ = job;
  return CheckStream(out_);
}

void ProgressView::Break() {
  if (line_open_) out_ << std::endl;
  line_open_ = false;
}

bool ProgressView::IsNews(const v1::Job& job) const {
  return job.state() != last_.state() || job.reason() != last_.reason() ||
         job.generation() != last_.generation() ||
         job.checkpoints_size() != last_.checkpoints_size() ||
         (job.step() == job.steps() && last_.step() != job.step());
}

}  // namespace gvsl::cli
