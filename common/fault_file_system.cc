#include "common/fault_file_system.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace gvsl {
namespace {

// What a file holds: what has been written, and what survives power loss.
struct Inode {
  std::string written;
  std::string durable;
  std::int64_t used_at = 0;
};

using Inodes = std::map<std::string, std::shared_ptr<Inode>>;  // by path

std::string Normal(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

bool IsInside(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         (directory == "/" || path[directory.size()] == '/');
}

}  // namespace

// A directory is a path in `directories`; names and contents have a volatile and a durable version.
class FaultFileSystem::Disk {
 public:
  std::mutex mutex;
  Inodes names, durable_names;
  std::set<std::string> directories = {"/", "."};
  std::set<std::string> durable_directories = {"/", "."};
  std::uint64_t operations = 0;
  std::uint64_t dies_at = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t life = 0;  // counts power losses; an open file of an earlier life is dead

  std::map<std::string, Status> unreadable;  // by path
  std::int64_t changes = 0;
  std::map<std::string, int> locks;  // by path: so many hold it together, or one alone (-1)

  Status CheckReadable(const std::string& path) const {
    for (const auto& [ill, error] : unreadable) {
      if (path == ill || IsInside(path, ill)) return error.WithContext("fault: " + path);
    }
    return OkStatus();
  }

  // Counts a mutating operation; an error once the process "died".
  Status Mutate() {
    if (operations >= dies_at) return UnavailableError("fault: the process died");
    ++operations;
    return OkStatus();
  }

  std::uint64_t UsedBytes() const {
    std::uint64_t used = 0;
    for (const auto& [path, inode] : names) used += inode->written.size();
    return used;
  }
};

namespace {

class FaultWritableFile final : public WritableFile {
 public:
  template <typename Disk>
  FaultWritableFile(std::shared_ptr<Disk> disk, std::shared_ptr<Inode> inode)
      : life_(disk->life),
        append_([disk, inode, this](std::string_view bytes) -> Status {
          const std::lock_guard lock(disk->mutex);
          GVSL_RETURN_IF_ERROR(disk->Mutate());
          if (disk->life != life_) return UnavailableError("fault: file of a dead process");
          const std::uint64_t used = disk->UsedBytes();
          const std::uint64_t room = disk->capacity > used ? disk->capacity - used : 0;
          if (bytes.size() > room) {
            inode->written.append(bytes.substr(0, room));
            return ResourceExhaustedError("write: No space left on device");
          }
          inode->written.append(bytes);
          inode->used_at = ++disk->changes;
          return OkStatus();
        }),
        sync_([disk, inode, this]() -> Status {
          const std::lock_guard lock(disk->mutex);
          GVSL_RETURN_IF_ERROR(disk->Mutate());
          if (disk->life != life_) return UnavailableError("fault: file of a dead process");
          inode->durable = inode->written;
          return OkStatus();
        }) {}

  Status Append(std::string_view bytes) override { return append_(bytes); }
  Status Sync() override { return sync_(); }
  Status Close() override { return OkStatus(); }

 private:
  std::uint64_t life_;
  std::function<Status(std::string_view)> append_;
  std::function<Status()> sync_;
};

template <typename Disk>
class FaultLock final : public FileLock {
 public:
  FaultLock(std::shared_ptr<Disk> disk, std::string path)
      : disk_(std::move(disk)), path_(std::move(path)), life_(disk_->life) {}
  ~FaultLock() override {
    const std::lock_guard lock(disk_->mutex);
    if (disk_->life != life_) return;
    int& held = disk_->locks[path_];
    held = held > 0 ? held - 1 : 0;
  }

 private:
  const std::shared_ptr<Disk> disk_;
  const std::string path_;
  const std::uint64_t life_;
};

}  // namespace

FaultFileSystem::FaultFileSystem() : disk_(std::make_shared<Disk>()) {}
FaultFileSystem::~FaultFileSystem() = default;

void FaultFileSystem::LosePower() {
  const std::lock_guard lock(disk_->mutex);
  ++disk_->life;
  disk_->locks.clear();
  disk_->dies_at = std::numeric_limits<std::uint64_t>::max();
  disk_->directories = disk_->durable_directories;
  disk_->names.clear();
  for (const auto& [path, inode] : disk_->durable_names) {
    inode->written = inode->durable;
    disk_->names[path] = inode;
  }
}

void FaultFileSystem::DieAfter(std::uint64_t operations) {
  const std::lock_guard lock(disk_->mutex);
  disk_->dies_at = disk_->operations + operations;
}

std::uint64_t FaultFileSystem::operations() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->operations;
}

void FaultFileSystem::SetCapacity(std::uint64_t bytes) {
  const std::lock_guard lock(disk_->mutex);
  disk_->capacity = bytes;
}

void FaultFileSystem::FailReads(const std::string& path, Status error) {
  const std::lock_guard lock(disk_->mutex);
  disk_->unreadable.erase(Normal(path));
  if (!error.ok()) disk_->unreadable[Normal(path)] = std::move(error);
}

StatusOr<std::unique_ptr<WritableFile>> FaultFileSystem::Create(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->Mutate());
  if (!disk_->directories.contains(ParentPath(path))) return NotFoundError("create " + path);
  auto inode = std::make_shared<Inode>();
  inode->used_at = ++disk_->changes;
  disk_->names[path] = inode;
  return std::make_unique<FaultWritableFile>(disk_, inode);
}

StatusOr<std::unique_ptr<WritableFile>> FaultFileSystem::OpenForAppend(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->Mutate());
  if (!disk_->directories.contains(ParentPath(path))) return NotFoundError("open " + path);
  std::shared_ptr<Inode>& inode = disk_->names[path];
  if (!inode) inode = std::make_shared<Inode>();
  return std::make_unique<FaultWritableFile>(disk_, inode);
}

StatusOr<std::unique_ptr<ReadableFile>> FaultFileSystem::Map(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->CheckReadable(path));
  const auto found = disk_->names.find(path);
  if (found == disk_->names.end()) return NotFoundError("open " + path);
  return FileInMemory(found->second->written);
}

Status FaultFileSystem::Rename(const std::string& from_path, const std::string& to_path) {
  const std::string from = Normal(from_path);
  const std::string to = Normal(to_path);
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->Mutate());
  if (disk_->directories.contains(from)) {
    const auto inside_to = [&](const auto& path) { return IsInside(path, to); };
    if (std::any_of(disk_->names.begin(), disk_->names.end(),
                    [&](const auto& entry) { return inside_to(entry.first); })) {
      return AlreadyExistsError("rename to " + to);
    }
    const auto moved = [&](const std::string& path) { return to + path.substr(from.size()); };
    Inodes names;
    for (auto& [path, inode] : disk_->names) {
      names[IsInside(path, from) ? moved(path) : path] = inode;
    }
    disk_->names = std::move(names);
    std::set<std::string> directories;
    for (const std::string& path : disk_->directories) {
      directories.insert(path == from || IsInside(path, from) ? moved(path) : path);
    }
    disk_->directories = std::move(directories);
    return OkStatus();
  }
  const auto found = disk_->names.find(from);
  if (found == disk_->names.end()) return NotFoundError("rename " + from);
  disk_->names[to] = found->second;
  disk_->names.erase(found);
  return OkStatus();
}

Status FaultFileSystem::Link(const std::string& from, const std::string& to) {
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->Mutate());
  const auto found = disk_->names.find(from);
  if (found == disk_->names.end()) return NotFoundError("link " + from);
  if (disk_->names.contains(to)) return AlreadyExistsError("link " + to);
  disk_->names[to] = found->second;
  return OkStatus();
}

Status FaultFileSystem::SyncDirectory(const std::string& raw_path) {
  const std::string path = Normal(raw_path);
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->Mutate());
  if (!disk_->directories.contains(path)) return NotFoundError("sync " + path);
  const auto named_here = [&](const std::string& name) { return ParentPath(name) == path; };
  std::erase_if(disk_->durable_names, [&](const auto& entry) { return named_here(entry.first); });
  for (const auto& [name, inode] : disk_->names) {
    if (named_here(name)) disk_->durable_names[name] = inode;
  }
  // A directory that was renamed or removed takes along (or away) what was durable inside it.
  std::set<std::string> gone, moved;
  for (const std::string& directory : disk_->durable_directories) {
    if (disk_->directories.contains(directory)) continue;
    moved.insert(directory);
    if (named_here(directory)) gone.insert(directory);
  }
  std::set<std::string> fresh;
  for (const std::string& directory : disk_->directories) {
    if (named_here(directory) && !disk_->durable_directories.contains(directory)) {
      fresh.insert(directory);
    }
  }
  const auto durable_inodes_of = [&](const std::string& directory) {
    std::set<std::shared_ptr<Inode>> inodes;
    for (const auto& [name, inode] : disk_->names) {
      if (IsInside(name, directory)) inodes.insert(inode);
    }
    return inodes;
  };
  for (const std::string& directory : fresh) {
    const auto inodes = durable_inodes_of(directory);
    Inodes arriving;
    for (const std::string& old : moved) {
      for (const auto& [name, inode] : disk_->durable_names) {
        if (IsInside(name, old) && inodes.contains(inode)) {
          arriving[directory + name.substr(old.size())] = inode;
        }
      }
    }
    disk_->durable_names.insert(arriving.begin(), arriving.end());
    disk_->durable_directories.insert(directory);
  }
  for (const std::string& directory : gone) {
    std::erase_if(disk_->durable_names,
                  [&](const auto& entry) { return IsInside(entry.first, directory); });
    std::erase_if(disk_->durable_directories, [&](const std::string& other) {
      return other == directory || IsInside(other, directory);
    });
  }
  return OkStatus();
}

Status FaultFileSystem::CreateDirectories(const std::string& raw_path) {
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->Mutate());
  for (std::string path = Normal(raw_path); disk_->directories.insert(path).second;
       path = ParentPath(path)) {
  }
  return OkStatus();
}

StatusOr<std::uint64_t> FaultFileSystem::FreeBytes(const std::string&) {
  const std::lock_guard lock(disk_->mutex);
  const std::uint64_t used = disk_->UsedBytes();
  return disk_->capacity > used ? disk_->capacity - used : 0;
}

bool FaultFileSystem::Exists(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  return disk_->names.contains(Normal(path)) || disk_->directories.contains(Normal(path));
}

bool FaultFileSystem::IsDirectory(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  return disk_->directories.contains(Normal(path));
}

StatusOr<std::uint64_t> FaultFileSystem::FileSize(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->CheckReadable(path));
  const auto found = disk_->names.find(path);
  if (found == disk_->names.end()) return NotFoundError("size of " + path);
  return static_cast<std::uint64_t>(found->second->written.size());
}

StatusOr<std::vector<std::string>> FaultFileSystem::List(const std::string& raw_directory) {
  const std::string directory = Normal(raw_directory);
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->CheckReadable(directory));
  if (!disk_->directories.contains(directory)) return NotFoundError("list " + directory);
  std::set<std::string> names;
  const std::size_t prefix = directory == "/" ? 1 : directory.size() + 1;
  for (const auto& [path, inode] : disk_->names) {
    if (ParentPath(path) == directory) names.insert(path.substr(prefix));
  }
  for (const std::string& path : disk_->directories) {
    if (path != directory && ParentPath(path) == directory) names.insert(path.substr(prefix));
  }
  names.erase("");
  return std::vector<std::string>(names.begin(), names.end());
}

Status FaultFileSystem::RemoveFile(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->Mutate());
  if (disk_->names.erase(path) == 0) return NotFoundError("remove " + path);
  return OkStatus();
}

Status FaultFileSystem::RemoveTree(const std::string& raw_path) {
  const std::string path = Normal(raw_path);
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->Mutate());
  std::erase_if(disk_->names, [&](const auto& entry) {
    return entry.first == path || IsInside(entry.first, path);
  });
  std::erase_if(disk_->directories,
                [&](const std::string& other) { return other == path || IsInside(other, path); });
  return OkStatus();
}

StatusOr<std::unique_ptr<FileLock>> FaultFileSystem::TryLock(const std::string& path,
                                                             LockMode mode) {
  const std::lock_guard lock(disk_->mutex);
  if (!disk_->names.contains(path)) {
    if (mode != LockMode::kExclusive) return NotFoundError("lock " + path);
    GVSL_RETURN_IF_ERROR(disk_->Mutate());
    if (!disk_->directories.contains(ParentPath(path))) return NotFoundError("lock " + path);
    disk_->names[path] = std::make_shared<Inode>();
  }
  int& held = disk_->locks[path];
  if (mode == LockMode::kShared ? held < 0 : held != 0) {
    return AbortedError("lock " + path + ": somebody else holds it");
  }
  held = mode == LockMode::kShared ? held + 1 : -1;
  return std::make_unique<FaultLock<Disk>>(disk_, path);
}

Status FaultFileSystem::MarkUsed(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->Mutate());
  const auto found = disk_->names.find(path);
  if (found == disk_->names.end()) return NotFoundError("mark " + path);
  found->second->used_at = ++disk_->changes;
  return OkStatus();
}

StatusOr<std::int64_t> FaultFileSystem::UsedAt(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  GVSL_RETURN_IF_ERROR(disk_->CheckReadable(path));
  const auto found = disk_->names.find(path);
  if (found == disk_->names.end()) return NotFoundError("stat " + path);
  return found->second->used_at;
}

}  // namespace gvsl
