// How far an ingestion is, on standard error: one line that is drawn again on a terminal, else a
// line now and then.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/clock.h"
#include "data_loader/ingest.h"

namespace gvsl::cli::dataset {

// "12 of 340 inputs, 4%, 85.2 MB/s, 12m 5s left". `elapsed`: since this run began with them.
std::string ProgressText(const data_loader::IngestProgress& progress, Duration elapsed);

// "340 inputs of 52.1 GB in 10m 12s (85.2 MB/s)".
std::string SummaryText(const data_loader::IngestProgress& progress, Duration elapsed);

// Not thread-safe.
class ProgressLine {
 public:
  using Write = std::function<void(const std::string&)>;
  ProgressLine(const Clock& clock, bool is_terminal, Write write);

  void Show(const data_loader::IngestProgress& progress);
  // A line of its own among what is shown; without its end.
  void Print(const std::string& line);
  // What was shown last goes; a summary stays.
  void Finish();

 private:
  void Clear();

  const Clock& clock_;
  const bool is_terminal_;
  const Write write_;
  const TimePoint begin_;
  TimePoint stage_begin_;
  std::optional<TimePoint> shown_at_;
  data_loader::IngestProgress::Stage stage_ = data_loader::IngestProgress::Stage::kInputs;
  std::optional<data_loader::IngestProgress> inputs_;
  bool is_drawn_ = false;
};

}  // namespace gvsl::cli::dataset
