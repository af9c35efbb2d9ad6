#include "worker/checkpoint/lineage.h"

#include <algorithm>
#include <utility>

#include "common/sha256.h"
#include "common/text.h"

namespace gvsl::checkpoint {
namespace {

std::string_view AsBytes(std::span<const std::int64_t> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

// Published segments that tile [0, step) exactly.
StatusOr<std::vector<LineageSegment>> Tiles(FileSystem& files, const std::string& directory,
                                            std::uint64_t step) {
  GVSL_ASSIGN_OR_RETURN(const auto segments, ListLineage(files, directory));
  std::vector<LineageSegment> tiles;
  std::uint64_t next = 0;
  for (const LineageSegment& segment : segments) {
    if (segment.begin >= step) break;
    if (segment.begin != next) {
      return DataLossError(Concat("the lineage segment ", LineageName(segment.begin, segment.end),
                                  " does not begin at step ", next));
    }
    tiles.push_back(segment);
    next = segment.end;
  }
  if (next != step) {
    return DataLossError(Concat("the lineage reaches step ", next, ", not ", step));
  }
  return tiles;
}

// Of the segment's steps.
StatusOr<Quarantine> QuarantineOf(const SafetensorsFile& segment, const LineageSegment& steps) {
  Quarantine quarantine;
  if (!segment.tensors().contains(kQuarantineTensor)) return quarantine;
  GVSL_ASSIGN_OR_RETURN(const TensorView entries, segment.Find(kQuarantineTensor));
  const bool pairs =
      entries.dtype == DType::kI64 && entries.shape.size() == 2 && entries.shape[1] == 2;
  const auto numbers = entries.As<std::int64_t>();
  for (std::size_t at = 0; pairs && at < numbers.size(); at += 2) {
    quarantine.push_back(
        {static_cast<std::uint32_t>(numbers[at]), static_cast<std::uint64_t>(numbers[at + 1])});
  }
  if (!pairs || QuarantinedWithin(quarantine, steps.begin, steps.end) != quarantine) {
    return DataLossError(Concat(LineageName(steps.begin, steps.end),
                                " does not leave out shards in the steps that its name says"));
  }
  return quarantine;
}

}  // namespace

std::string NextLineageHash(const std::string& previous, std::uint64_t step, LineageRow row,
                            std::span<const std::uint32_t> left_out) {
  Sha256 sha;
  sha.Update(previous);
  sha.Update({reinterpret_cast<const char*>(&step), sizeof(step)});
  sha.Update(AsBytes(row));
  sha.Update({reinterpret_cast<const char*>(left_out.data()), left_out.size_bytes()});
  return sha.HexDigest();
}

void LineageLog::Append(LineageRow row) {
  hash_ = NextLineageHash(hash_, end(), row, QuarantinedAt(quarantine_, end()));
  rows_.insert(rows_.end(), row.begin(), row.end());
}

void LineageLog::Trim(std::uint64_t step) {
  if (step <= begin_) return;
  const std::uint64_t gone = std::min(step, end()) - begin_;
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(gone * row_size_));
  begin_ += gone;
}

Status LineageLog::Restore(std::uint64_t begin, std::string hash, std::vector<std::int64_t> rows,
                           Quarantine quarantine) {
  if (rows.size() % row_size_ != 0) return InternalError("lineage rows of another job");
  quarantine_ = std::move(quarantine);
  begin_ = begin;
  hash_ = std::move(hash);
  rows_ = std::move(rows);
  return OkStatus();
}

TensorView LineageLog::View(std::uint64_t from) const {
  const auto slots = static_cast<std::int64_t>(slots_);
  return {DType::kI64,
          {static_cast<std::int64_t>(end() - from), slots,
           static_cast<std::int64_t>(row_size_) / slots},
          AsBytes(LineageRow(rows_).subspan((from - begin_) * row_size_))};
}

StatusOr<std::vector<LineageSegment>> ListLineage(FileSystem& files, const std::string& directory) {
  std::vector<LineageSegment> segments;
  const auto names = files.List(directory);
  if (names.status().code() == StatusCode::kNotFound) return segments;
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    if (const auto steps = ParseLineageName(name))
      segments.push_back({steps->first, steps->second});
  }
  std::sort(segments.begin(), segments.end(), [](const auto& one, const auto& other) {
    return std::pair(one.begin, one.end) < std::pair(other.begin, other.end);
  });
  return segments;
}

std::uint64_t TiledUpTo(std::span<const LineageSegment> segments, std::uint64_t limit) {
  std::uint64_t next = 0;
  for (const LineageSegment& segment : segments) {
    if (segment.begin == next && segment.end <= limit) next = segment.end;
  }
  return next;
}

StatusOr<RecordedLineage> ReadLineage(FileSystem& files, const std::string& directory,
                                      std::uint64_t step) {
  GVSL_ASSIGN_OR_RETURN(const auto tiles, Tiles(files, directory, step));
  RecordedLineage lineage;
  for (const LineageSegment& tile : tiles) {
    const std::string name = LineageName(tile.begin, tile.end);
    auto file = SafetensorsFile::Open(files, JoinPath(directory, name));
    if (!file.ok()) return file.status().WithContext(name);
    GVSL_ASSIGN_OR_RETURN(const TensorView samples, file->Find(kSamplesTensor));
    if (samples.dtype != DType::kI64 || samples.shape.size() != 3 ||
        samples.shape[0] != static_cast<std::int64_t>(tile.end - tile.begin)) {
      return DataLossError(Concat(name, " does not hold the steps that its name says"));
    }
    const auto values = samples.As<std::int64_t>();
    lineage.rows.insert(lineage.rows.end(), values.begin(), values.end());
    GVSL_ASSIGN_OR_RETURN(const Quarantine left_out, QuarantineOf(*file, tile));
    lineage.quarantine.insert(lineage.quarantine.end(), left_out.begin(), left_out.end());
  }
  if (!IsInOrder(lineage.quarantine)) return DataLossError("the lineage leaves a shard out twice");
  return lineage;
}

Status VerifyLineage(FileSystem& files, const std::string& directory,
                     const CheckpointManifest& manifest) {
  GVSL_ASSIGN_OR_RETURN(const RecordedLineage lineage,
                        ReadLineage(files, directory, manifest.step));
  const auto& rows = lineage.rows;
  const std::size_t row_size = std::size_t{manifest.slots} * 2 * manifest.batch_per_slot;
  if (row_size == 0 || rows.size() % row_size != 0 || rows.size() / row_size != manifest.step) {
    return DataLossError("the lineage has another number of slots than the checkpoint");
  }
  std::string hash;
  for (std::uint64_t step = 0; step < manifest.step; ++step) {
    hash = NextLineageHash(hash, step, LineageRow(rows).subspan(step * row_size, row_size),
                           QuarantinedAt(lineage.quarantine, step));
  }
  if (hash != manifest.lineage_sha256) {
    return DataLossError("the lineage does not have the SHA-256 that the checkpoint says");
  }
  if (lineage.quarantine != QuarantinedWithin(manifest.quarantine, 0, manifest.step)) {
    return DataLossError("the lineage leaves out other shards than the checkpoint says");
  }
  return OkStatus();
}

}  // namespace gvsl::checkpoint
