// What one member of a gang is doing, as far as its worker's last report goes. Pure.
#pragma once

#include <string>
#include <vector>

#include "coordinator/gang.h"

namespace gvsl::coordinator {

enum class SeatStatus {
  kUnknown,   // not heard of yet by this coordinator
  kGone,      // lost, left, or not able to do its part
  kWaiting,   // its trainer has not begun this generation
  kActive,    // forming or running
  kStopped,   // out of this generation, with its state
  kFinished,  // the last step is done
  kFailed,    // for a cause that all members share
};

struct Seat {
  SeatStatus status = SeatStatus::kUnknown;
  std::string why_gone;  // "its lease ran out"
  bool trainer_died = false;
  std::string unable;  // not empty: gone because it "could not begin: …" or "could not go on: …"
  bool had_begun = false;  // with `unable`
  bool leaving = false;
  const WorkerView* worker = nullptr;  // null when unknown or gone with its agent
};

struct SeatContext {
  TimePoint now;
  TimePoint adopt_until;
  const GangOptions& options;
  const GangMemory& memory;
  const WorkerViews& workers;
};

// Why a member that has stopped by itself did so, in words.
std::string WhyStopped(const Seat& seat);

// "w0 could not reach w1 (10.0.0.5:4001)", for all that have stopped by themselves and name whom
// they lost; empty where nobody does. `seats` are the gang's, by rank.
std::string DescribeUnreached(const v1::Gang& gang, const std::vector<Seat>& seats);

Seat LookAtSeat(const v1::GangSeat& seat, const v1::Gang& gang, const std::string& job_uid,
                const SeatContext& context);

}  // namespace gvsl::coordinator
