#include "cli/dataset/progress_line.h"

#include <algorithm>
#include <cstdint>
#include <iomanip>
#include <sstream>
#include <utility>

#include "common/text.h"

namespace gvsl::cli::dataset {
namespace {

using data_loader::IngestProgress;
using Stage = IngestProgress::Stage;

constexpr double kDrawnEvery = 0.2;   // seconds, on a terminal
constexpr double kPrintedEvery = 10;  // elsewhere
constexpr double kLeastSeconds = 1;   // before a rate means something

std::string Rounded(double value) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << value;
  return std::move(text).str();
}

std::string SizeText(double bytes) {
  return bytes >= 1e9 ? Rounded(bytes / 1e9) + " GB" : Rounded(bytes / 1e6) + " MB";
}

std::string TimeText(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::max(0.0, seconds + 0.5));
  const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60;
  if (hours > 0) return Concat(hours, "h ", minutes, "m");
  if (minutes > 0) return Concat(minutes, "m ", whole % 60, "s");
  return Concat(whole, "s");
}

double BytesOfThisRun(const IngestProgress& progress) {
  return static_cast<double>(progress.done_bytes - progress.earlier_bytes);
}

}  // namespace

std::string ProgressText(const IngestProgress& progress, Duration elapsed) {
  if (progress.stage == Stage::kFiles) {
    if (progress.done == 0) return Concat("looking through ", progress.total, " files");
    return Concat("looked through ", progress.done, " of ", progress.total, " files");
  }
  std::string text = Concat(progress.done, " of ", progress.total, " ",
                            progress.stage == Stage::kShards ? "shards" : "inputs");
  if (progress.total_bytes > 0) {
    text += Concat(", ", progress.done_bytes * 100 / progress.total_bytes, "%");
  }
  const double seconds = ToSeconds(elapsed);
  const double bytes = BytesOfThisRun(progress);
  if (seconds < kLeastSeconds || bytes <= 0) return text;
  const double rate = bytes / seconds;
  const auto left = static_cast<double>(progress.total_bytes - progress.done_bytes);
  return Concat(text, ", ", SizeText(rate), "/s, ", TimeText(left / rate), " left");
}

std::string SummaryText(const IngestProgress& progress, Duration elapsed) {
  const double seconds = ToSeconds(elapsed);
  const double bytes = BytesOfThisRun(progress);
  std::string text =
      Concat(Plural(progress.done, "input"), " of ",
             SizeText(static_cast<double>(progress.done_bytes)), " in ", TimeText(seconds));
  if (seconds > 0) text += Concat(" (", SizeText(bytes / seconds), "/s)");
  if (progress.earlier_bytes > 0) {
    text += Concat(", ", SizeText(static_cast<double>(progress.earlier_bytes)),
                   " of it by an earlier run");
  }
  return text;
}

ProgressLine::ProgressLine(const Clock& clock, bool is_terminal, Write write)
    : clock_(clock),
      is_terminal_(is_terminal),
      write_(std::move(write)),
      begin_(clock.Now()),
      stage_begin_(begin_) {}

void ProgressLine::Clear() {
  if (is_drawn_) write_("\r\x1b[K");
  is_drawn_ = false;
}

void ProgressLine::Show(const IngestProgress& progress) {
  const TimePoint now = clock_.Now();
  const bool is_new = progress.stage != stage_;
  if (is_new) stage_begin_ = now;
  stage_ = progress.stage;
  if (progress.stage == Stage::kInputs) inputs_ = progress;
  const double every = is_terminal_ ? kDrawnEvery : kPrintedEvery;
  const bool is_due = ToSeconds(now - shown_at_.value_or(begin_)) >= every;
  if (!is_due && !(is_new && stage_ == Stage::kFiles)) return;
  shown_at_ = now;
  const std::string text = ProgressText(progress, now - stage_begin_);
  Clear();
  write_(is_terminal_ ? text : text + "\n");
  is_drawn_ = is_terminal_;
}

void ProgressLine::Print(const std::string& line) {
  Clear();
  write_(line + "\n");
}

void ProgressLine::Finish() {
  Clear();
  if (inputs_) write_(SummaryText(*inputs_, clock_.Now() - begin_) + "\n");
}

}  // namespace gvsl::cli::dataset
