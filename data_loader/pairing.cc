#include "data_loader/pairing.h"

#include <set>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

using KeyOf = std::string (*)(const SourceName&);

std::string Relative(const SourceName& name) { return name.relative; }
std::string Stem(const SourceName& name) { return name.stem; }
std::string BelowRoot(const SourceName& name) {
  return name.relative.empty() ? name.root : name.root + "/" + name.relative;
}

class Matching {
 public:
  Matching(const std::vector<SourceName>& images, const std::vector<SourceName>& labels)
      : images_(images), labels_(labels), label_of_(images.size()), used_(labels.size(), false) {}

  // Pairs what one image and one map have, of those that are left.
  void Match(KeyOf of_image, KeyOf of_label) {
    std::map<std::string, std::vector<std::size_t>> images, labels;
    for (std::size_t i = 0; i < images_.size(); ++i) {
      if (!label_of_[i]) images[of_image(images_[i])].push_back(i);
    }
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (!used_[i]) labels[of_label(labels_[i])].push_back(i);
    }
    for (const auto& [key, with_key] : labels) {
      const auto found = images.find(key);
      if (key.empty() || with_key.size() != 1 || found == images.end()) continue;
      if (found->second.size() != 1) continue;
      label_of_[found->second.front()] = with_key.front();
      used_[with_key.front()] = true;
    }
  }

  LabelPairs Result() const {
    std::map<std::string, int> images_left, labels_left, images_all;
    for (std::size_t i = 0; i < images_.size(); ++i) {
      ++images_all[images_[i].stem];
      if (!label_of_[i]) ++images_left[images_[i].stem];
    }
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (!used_[i]) ++labels_left[labels_[i].stem];
    }
    LabelPairs pairs;
    for (std::size_t i = 0; i < images_.size(); ++i) {
      const std::string& stem = images_[i].stem;
      if (label_of_[i] || !labels_left.contains(stem)) {
        pairs.of_image.emplace_back(label_of_[i]);
      } else {
        pairs.of_image.emplace_back(Ambiguous(images_left[stem], labels_left[stem]));
      }
    }
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const std::string& stem = labels_[i].stem;
      if (used_[i]) continue;
      pairs.unused[i] =
          images_all.contains(stem)
              ? Ambiguous(images_left[stem], labels_left[stem])
              : Rejection{"LABEL_WITHOUT_IMAGE", "no image has the stem of this label map"};
    }
    return pairs;
  }

 private:
  static Rejection Ambiguous(int images, int labels) {
    return {"LABEL_AMBIGUOUS",
            Concat(labels, " label maps and ", images,
                   " images without one have this stem; give both the same path below --labels "
                   "and --input")};
  }

  const std::vector<SourceName>& images_;
  const std::vector<SourceName>& labels_;
  std::vector<std::optional<std::size_t>> label_of_;
  std::vector<bool> used_;
};

}  // namespace

LabelPairs PairLabels(const std::vector<SourceName>& images,
                      const std::vector<SourceName>& labels) {
  Matching matching(images, labels);
  matching.Match(BelowRoot, Relative);
  matching.Match(Relative, Relative);
  matching.Match(Stem, Stem);
  return matching.Result();
}

std::vector<OrRejection<std::optional<std::int32_t>>> PairClasses(
    const std::vector<SourceName>& images, const std::map<std::string, std::int32_t>& classes) {
  std::map<std::string, std::set<std::string>> places, inputs;
  for (const SourceName& image : images) {
    places[image.stem].insert(BelowRoot(image));
    inputs[image.relative].insert(image.root);
  }
  std::vector<OrRejection<std::optional<std::int32_t>>> result;
  for (const SourceName& image : images) {
    std::optional<std::int32_t> found;
    auto line = classes.find(BelowRoot(image));
    if (line == classes.end() && inputs[image.relative].size() == 1) {
      line = classes.find(image.relative);
    }
    if (line != classes.end()) found = line->second;
    line = classes.find(image.stem);
    if (found || line == classes.end()) {
      result.emplace_back(found);
    } else if (places[image.stem].size() > 1) {
      result.emplace_back(Rejection{
          "CLASS_AMBIGUOUS",
          "images in several folders have its stem; name them by their paths below --input"});
    } else {
      result.emplace_back(std::optional(line->second));
    }
  }
  return result;
}

}  // namespace gvsl::data_loader
