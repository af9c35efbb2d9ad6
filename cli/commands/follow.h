// Watching a job, for `watch` and `submit --wait`.
#pragma once

#include <functional>
#include <string>

#include "cli/core/context.h"

namespace gvsl::cli {

// How a job's states are shown.
class JobView {
 public:
  virtual ~JobView() = default;
  // An error (broken output) ends the watching.
  virtual Status Show(const v1::Job& job) = 0;
  // Something else is about to be printed.
  virtual void Break() {}
};

// One JSON object a line, every state that arrives.
class JsonView final : public JobView {
 public:
  explicit JsonView(std::ostream& out) : out_(out) {}
  Status Show(const v1::Job& job) override;

 private:
  std::ostream& out_;
};

// A progress line: drawn over on a terminal, else a line whenever something but the step changed,
// and every two seconds.
class ProgressView final : public JobView {
 public:
  ProgressView(std::ostream& out, bool terminal, const std::function<int()>& columns, Clock& clock)
      : out_(out), terminal_(terminal), columns_(columns), clock_(clock) {}
  ~ProgressView() override { Break(); }
  Status Show(const v1::Job& job) override;
  void Break() override;

 private:
  bool IsNews(const v1::Job& job) const;

  std::ostream& out_;
  bool terminal_;
  const std::function<int()>& columns_;
  Clock& clock_;
  bool shown_ = false;
  bool line_open_ = false;
  TimePoint shown_at_;
  v1::Job last_;
};

// Until the job has ended: the last state that was seen. While the coordinator is away (after a
// first answer), connects again, with a notice on standard error, for --timeout or five minutes.
// CANCELLED after Ctrl-C, with a notice that the job goes on.
StatusOr<v1::Job> FollowJob(Context& context, const std::string& job, JobView& view);

// Whether a stream that ended so is worth another connection.
bool IsAway(const Status& status);

constexpr Duration kAwayTimeout = std::chrono::minutes(5);

}  // namespace gvsl::cli
