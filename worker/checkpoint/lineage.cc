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

}  // namespace

std::string NextLineageHash(const std::string& previous, std::uint64_t step, LineageRow row) {
  Sha256 sha;
  sha.Update(previous);
  sha.Update({reinterpret_cast<const char*>(&step), sizeof(step)});
  sha.Update(AsBytes(row));
  return sha.HexDigest();
}

void LineageLog::Append(LineageRow row) {
  hash_ = NextLineageHash(hash_, end(), row);
  rows_.insert(rows_.end(), row.begin(), row.end());
}

void LineageLog::Trim(std::uint64_t step) {
  if (step <= begin_) return;
  const std::uint64_t gone = std::min(step, end()) - begin_;
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(gone * row_size_));
  begin_ += gone;
}

Status LineageLog::Restore(std::uint64_t begin, std::string hash, std::vector<std::int64_t> rows) {
  if (rows.size() % row_size_ != 0) return InternalError("lineage rows of another job");
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

StatusOr<std::vector<std::int64_t>> ReadLineage(FileSystem& files, const std::string& directory,
                                                std::uint64_t step) {
  GVSL_ASSIGN_OR_RETURN(const auto tiles, Tiles(files, directory, step));
  std::vector<std::int64_t> rows;
  for (const LineageSegment& tile : tiles) {
    const std::string name = LineageName(tile.begin, tile.end);
    auto file = SafetensorsFile::Open(files, JoinPath(directory, name));
    if (!file.ok()) return file.status().WithContext(name);
    GVSL_ASSIGN_OR_RETURN(const TensorView samples, file->Find("samples"));
    if (samples.dtype != DType::kI64 || samples.shape.size() != 3 ||
        samples.shape[0] != static_cast<std::int64_t>(tile.end - tile.begin)) {
      return DataLossError(Concat(name, " does not hold the steps that its name says"));
    }
    const auto values = samples.As<std::int64_t>();
    rows.insert(rows.end(), values.begin(), values.end());
  }
  return rows;
}

Status VerifyLineage(FileSystem& files, const std::string& directory,
                     const CheckpointManifest& manifest) {
  GVSL_ASSIGN_OR_RETURN(const auto rows, ReadLineage(files, directory, manifest.step));
  const std::size_t row_size = std::size_t{manifest.slots} * 2 * manifest.batch_per_slot;
  if (row_size == 0 || rows.size() % row_size != 0 || rows.size() / row_size != manifest.step) {
    return DataLossError("the lineage has another number of slots than the checkpoint");
  }
  std::string hash;
  for (std::uint64_t step = 0; step < manifest.step; ++step) {
    hash = NextLineageHash(hash, step, LineageRow(rows).subspan(step * row_size, row_size));
  }
  if (hash != manifest.lineage_sha256) {
    return DataLossError("the lineage does not have the SHA-256 that the checkpoint says");
  }
  return OkStatus();
}

}  // namespace gvsl::checkpoint
