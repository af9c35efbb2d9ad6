#include "data_loader/ingest_fingerprint.h"

#include <sys/stat.h>

#include "common/sha256.h"
#include "common/text.h"
#include "common/version.h"

namespace gvsl::data_loader {
namespace {

// Of texts, none of which can pass for two.
class TextHash {
 public:
  void Add(std::string_view text) {
    hash_.Update(Concat(text.size(), ":"));
    hash_.Update(text);
  }
  void AddFile(const std::string& path) {
    struct stat info {};
    const bool found = ::stat(path.c_str(), &info) == 0;
    Add(path);
    Add(found ? Concat(info.st_size, " ", info.st_mtim.tv_sec, " ", info.st_mtim.tv_nsec, " ",
                       info.st_ctim.tv_sec, " ", info.st_ctim.tv_nsec)
              : "none");
  }
  std::string Digest() { return hash_.HexDigest(); }

 private:
  Sha256 hash_;
};

}  // namespace

std::string Fingerprint(const PlannedVolume& planned) {
  TextHash hash;
  hash.Add(planned.source.Name());
  for (const std::string& file : planned.source.files) hash.AddFile(file);
  hash.Add(planned.subject_key);
  hash.Add(Concat(planned.with_its_stem));
  if (const auto* rejection = std::get_if<Rejection>(&planned.label)) {
    hash.Add(Concat("no label: ", rejection->code, " ", rejection->reason));
  } else if (const auto& map = std::get<0>(planned.label)) {
    hash.AddFile(*map);
  }
  if (const auto* rejection = std::get_if<Rejection>(&planned.class_index)) {
    hash.Add(Concat("no class: ", rejection->code, " ", rejection->reason));
  } else if (const auto& number = std::get<0>(planned.class_index)) {
    hash.Add(Concat("class ", *number));
  }
  return hash.Digest();
}

std::string OptionsSha256(const IngestOptions& options, const std::string& base_sha256) {
  TextHash hash;
  hash.Add(kVersion);
  hash.Add(ToText(options.prepare));
  hash.Add(options.labels.empty() ? "" : "labels");
  hash.Add(options.classes.empty() ? "" : "classes");
  hash.Add(Concat(options.volumes_per_shard));
  hash.Add(base_sha256);
  return hash.Digest();
}

std::string AskedSha256(const IngestOptions& options, const std::string& base_sha256) {
  TextHash hash;
  hash.Add(OptionsSha256(options, base_sha256));
  hash.Add(options.labels);
  hash.Add(options.classes);
  for (const std::string& input : options.inputs) hash.Add(input);
  return hash.Digest();
}

}  // namespace gvsl::data_loader
