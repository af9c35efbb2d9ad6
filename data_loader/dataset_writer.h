// Making a dataset. Volumes come in any order, one in memory at a time; the order of the dataset
// follows from their content. Everything is written aside and appears at once, durably, under its
// name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/dataset_manifest.h"
#include "data_loader/dataset_part.h"

namespace gvsl::data_loader {

// A further file of the dataset's directory, such as the report.
struct ExtraFile {
  std::string content;
  bool owner_only = false;
};

// For who goes on where another process ended. Both may be empty.
struct ShardHooks {
  // The shard of this file name, where it is there already and whole.
  std::function<std::optional<ShardEntry>(const std::string& file)> finished;
  // It is durable under its name; the parts it was made of are removed after this.
  std::function<Status(const ShardEntry&)> written;
};

// FAILED_PRECONDITION where any folder above has a dataset's manifest.
Status CheckIsInNoDataset(FileSystem& files, const std::string& directory);

// ALREADY_EXISTS when `directory` is there and not an empty directory; as CheckIsInNoDataset.
Status CheckIsFree(FileSystem& files, const std::string& directory);

// Not thread-safe.
class DatasetWriter {
 public:
  // What was not published is removed by the destructor. ALREADY_EXISTS as CheckIsFree.
  static StatusOr<std::unique_ptr<DatasetWriter>> Create(FileSystem& files,
                                                         const std::string& directory);
  // Written in `aside`, which the caller keeps and removes, until it is published.
  static StatusOr<std::unique_ptr<DatasetWriter>> CreateIn(FileSystem& files,
                                                           const std::string& directory,
                                                           const std::string& aside);
  ~DatasetWriter();

  // What is added goes behind the volumes of `base`, in shards of its own; those of `base` are in
  // `aside` already. `subject_keys` are its volumes', empty where they are not known; `aliases` are
  // further keys of its subjects.
  void Continue(DatasetManifest base, std::vector<std::string> subject_keys,
                std::map<std::string, std::uint32_t> aliases = {});
  // As WritePart.
  Status Add(const NewVolume& volume);
  // A part that is there; it is removed once its shard is.
  void Take(DatasetPart part) { parts_.push_back(std::move(part)); }
  std::size_t volumes() const { return parts_.size(); }

  // Orders, numbers and shards what was added, without publishing; ids are final now. The k-th
  // entry of `order` is the position (by Add and Take) of the k-th manifest volume that is not of
  // a base. Parts are mapped, and
  // none is in memory as a whole.
  struct Layout {
    DatasetManifest manifest;
    std::vector<std::size_t> order;
  };
  StatusOr<Layout> Arrange(std::uint32_t volumes_per_shard, const ShardHooks& hooks = {});
  // Writes manifest and extra files, and renames the directory to its name. Without a manifest the
  // directory is no dataset and holds the extra files alone.
  Status Publish(const std::optional<DatasetManifest>& manifest,
                 const std::map<std::string, ExtraFile>& extra);

 private:
  DatasetWriter(FileSystem& files, std::string directory, std::string aside, bool keep);
  Layout OrderParts(std::uint32_t volumes_per_shard) const;
  const DatasetPart& PartOf(const Layout& layout, std::uint32_t volume) const {
    return parts_[layout.order[volume - base_.volumes.size()]];
  }
  StatusOr<ShardEntry> MakeShard(const Layout& layout, std::uint32_t shard, std::uint32_t begin,
                                 std::uint32_t end, const ShardHooks& hooks);
  StatusOr<ShardEntry> WriteShard(const Layout& layout, ShardEntry entry);

  FileSystem& files_;
  std::string directory_;
  std::string aside_;
  DatasetManifest base_;
  // What is known of whose the subjects of `base_` are.
  std::vector<VolumeEntry> known_volumes_;
  std::vector<std::string> known_keys_;  // of the same places
  std::vector<DatasetPart> parts_;
  bool keep_;
};

}  // namespace gvsl::data_loader
