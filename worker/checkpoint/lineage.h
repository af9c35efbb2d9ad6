// The lineage: which samples every slot saw at every step that the weights are made of. It is
// recorded from what the slots report, not from what was planned, so that exactly-once can be
// checked afterwards.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/checkpoint_directory.h"
#include "common/file_system.h"
#include "common/quarantine.h"
#include "common/safetensors.h"
#include "common/status.h"

namespace gvsl::checkpoint {

// A segment's tensors: samples I64 (steps, slots, 2*batch_per_slot); and where shards are left out
// from one of its steps on, quarantine I64 (shards, 2): shard, step.
inline constexpr char kSamplesTensor[] = "samples";
inline constexpr char kQuarantineTensor[] = "quarantine";

// One step's samples: slots x 2*batch_per_slot volume indices, pairs a, b, by ascending slot.
using LineageRow = std::span<const std::int64_t>;

// The link of the hash chain after `step`: SHA-256 of the link before it (empty before step 0), the
// step as 8 bytes little-endian, the row, and the shards that are left out from this step on as 4
// bytes each.
std::string NextLineageHash(const std::string& previous, std::uint64_t step, LineageRow row,
                            std::span<const std::uint32_t> left_out = {});

// The steps [begin, end) that are not in a published segment yet, and all shards that are left out,
// from step end() on included. Not thread-safe.
class LineageLog {
 public:
  LineageLog(std::uint32_t slots, std::uint32_t batch_per_slot)
      : slots_(slots), row_size_(std::size_t{slots} * 2 * batch_per_slot) {}

  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return begin_ + rows_.size() / row_size_; }
  const std::string& hash() const { return hash_; }  // over all steps [0, end)
  const std::vector<std::int64_t>& rows() const { return rows_; }
  std::size_t row_size() const { return row_size_; }
  const Quarantine& quarantine() const { return quarantine_; }

  // From step end() on.
  void LeaveOut(std::span<const std::uint32_t> shards) {
    AddToQuarantine(shards, end(), quarantine_);
  }
  // Instead of what is listed from step end() on; what is listed before it is the same.
  void TakeQuarantine(Quarantine quarantine) { quarantine_ = std::move(quarantine); }
  // `row` is that of step end().
  void Append(LineageRow row);
  // Forgets the steps before `step`, which are published; begin() never goes back.
  void Trim(std::uint64_t step);
  // Takes over another log's content. INTERNAL: the sizes do not fit.
  Status Restore(std::uint64_t begin, std::string hash, std::vector<std::int64_t> rows,
                 Quarantine quarantine = {});
  // The steps [from, end) as (steps, slots, 2*batch_per_slot); begin() <= from <= end(). Lives as
  // long as the log is not changed.
  TensorView View(std::uint64_t from) const;

 private:
  std::uint32_t slots_;
  std::size_t row_size_;
  std::uint64_t begin_ = 0;
  std::string hash_;
  std::vector<std::int64_t> rows_;
  Quarantine quarantine_;
};

struct LineageSegment {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool operator==(const LineageSegment&) const = default;
};

// Published segments by begin, then end; empty when the directory is not there. Any other error is
// given back.
StatusOr<std::vector<LineageSegment>> ListLineage(FileSystem& files, const std::string& directory);
// How far segments tile [0, ...) without a gap, taking none that reaches beyond `limit`. Pure.
std::uint64_t TiledUpTo(std::span<const LineageSegment> segments, std::uint64_t limit);

struct RecordedLineage {
  std::vector<std::int64_t> rows;
  Quarantine quarantine;
};
// Of the steps [0, step). DATA_LOSS: a gap, an overlap or a damaged segment.
StatusOr<RecordedLineage> ReadLineage(FileSystem& files, const std::string& directory,
                                      std::uint64_t step);
// The same, compared with the manifest's chain and quarantine. DATA_LOSS where they do not hold.
Status VerifyLineage(FileSystem& files, const std::string& directory,
                     const CheckpointManifest& manifest);

}  // namespace gvsl::checkpoint
