#include "data_loader/volume_order.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

// Union-find over the volumes.
class Groups {
 public:
  explicit Groups(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t Find(std::size_t member) {
    while (parent_[member] != member) {
      parent_[member] = parent_[parent_[member]];
      member = parent_[member];
    }
    return member;
  }
  void Join(std::size_t a, std::size_t b) { parent_[Find(a)] = Find(b); }

 private:
  std::vector<std::size_t> parent_;
};

Groups GroupSubjects(const std::vector<VolumeEntry>& entries,
                     const std::vector<std::string>& subject_keys) {
  Groups groups(entries.size());
  std::map<std::string, std::size_t> by_key;
  std::map<std::string, std::size_t> by_content;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    groups.Join(i, by_key.emplace(subject_keys[i], i).first->second);
    groups.Join(i, by_content.emplace(entries[i].id, i).first->second);
  }
  return groups;
}

auto ContentOrder(const VolumeEntry& entry) {
  return std::make_tuple(entry.id, entry.sha256, entry.label_sha256.value_or(""),
                         entry.class_index.value_or(-1), entry.modality, entry.window,
                         entry.window_range, entry.source);
}

}  // namespace

OrderedVolumes OrderVolumes(const std::vector<VolumeEntry>& entries,
                            const std::vector<std::string>& subject_keys) {
  OrderedVolumes result;
  result.order.resize(entries.size());
  std::iota(result.order.begin(), result.order.end(), std::size_t{0});
  std::sort(result.order.begin(), result.order.end(), [&](std::size_t a, std::size_t b) {
    return ContentOrder(entries[a]) < ContentOrder(entries[b]);
  });
  Groups groups = GroupSubjects(entries, subject_keys);
  std::map<std::size_t, std::uint32_t> numbers;
  std::map<std::string, int> copies;
  for (std::size_t position : result.order) {
    const std::string& id = entries[position].id;
    const int copy = ++copies[id];
    result.ids.push_back(copy == 1 ? id : Concat(id, "-", copy));
    const auto next = static_cast<std::uint32_t>(numbers.size());
    result.subjects.push_back(numbers.emplace(groups.Find(position), next).first->second);
  }
  return result;
}

std::vector<std::uint32_t> SubjectsBehind(const std::vector<VolumeEntry>& old_volumes,
                                          const std::vector<std::string>& old_keys,
                                          const std::vector<std::uint32_t>& subjects,
                                          const std::vector<std::string>& keys) {
  std::uint32_t next = 0;
  for (const VolumeEntry& volume : old_volumes) next = std::max(next, volume.subject + 1);
  std::map<std::string, std::uint32_t> by_key;
  for (std::size_t i = 0; i < old_keys.size(); ++i) {
    if (!old_keys[i].empty()) by_key.emplace(old_keys[i], old_volumes[i].subject);
  }
  std::map<std::uint32_t, std::uint32_t> numbers;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const auto old = by_key.find(keys[i]);
    if (old != by_key.end()) numbers.emplace(subjects[i], old->second);
  }
  std::vector<std::uint32_t> result;
  for (const std::uint32_t subject : subjects) {
    const auto [number, is_new] = numbers.emplace(subject, next);
    if (is_new) ++next;
    result.push_back(number->second);
  }
  return result;
}

}  // namespace gvsl::data_loader
