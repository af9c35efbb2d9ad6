#include "tests/fuzz/seeds.h"

#include <functional>
#include <stdexcept>
#include <vector>

#include "common/checkpoint_manifest.h"
#include "common/fault_file_system.h"
#include "common/file_system.h"
#include "common/torch_file.h"
#include "data_loader/ingest_journal.h"
#include "data_loader/report.h"
#include "tests/fuzz/dicom_seeds.h"
#include "tests/fuzz/parts.h"
#include "tests/support/csa_maker.h"
#include "tests/support/jpeg2000_maker.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tiny_dataset.h"

namespace gvsl::fuzz {
namespace {

using Seeds = std::map<std::string, std::string>;

template <typename T>
T Made(StatusOr<T> made) {
  if (!made.ok()) throw std::runtime_error(made.status().ToString());
  return *std::move(made);
}

Seeds Nifti() {
  const testing::TemporaryDirectory folder;
  Seeds seeds;
  const auto add = [&](const std::string& name, const testing::NiftiKnobs& knobs) {
    for (const bool is_packed : {false, true}) {
      const std::string path = folder / (is_packed ? "one.nii.gz" : "one.nii");
      testing::MakeNifti(path, knobs);
      seeds[name + (is_packed ? "-packed" : "")] =
          (is_packed ? "1" : "0") + Made(ReadFile(PosixFileSystem(), path));
    }
  };
  add("plain", {});
  add("extended", {.slope = 2, .intercept = 1, .unit = 10, .extension_bytes = 32});
  add("float-swapped", {.datatype = 16, .big_endian = true});
  add("labels", {.datatype = 2, .sform = testing::Straight({1, 1, 2}, {0, 0, 0})});
  add("two", {.datatype = 64, .version = 2});
  add("complex", {.datatype = 32});
  testing::MakeNifti(folder / "one.hdr", {.version = 2});
  seeds["pair"] = "2" + Joined({Made(ReadFile(PosixFileSystem(), folder / "one.hdr")),
                                Made(ReadFile(PosixFileSystem(), folder / "one.img"))});
  add("four-dimensional", {.size = {2, 2, 2, 2}, .datatype = 64});
  return seeds;
}

Seeds Csa() {
  const auto image =
      testing::MakeCsa({{"NumberOfImagesInMosaic", {"5"}}, {"SliceNormalVector", {"0", "0", "1"}}});
  const auto series = [](bool older) {
    return testing::MakeCsa({{"MrPhoenixProtocol", {testing::MakeProtocol(5, -6, 3)}}}, older);
  };
  return {{"newer", Joined({image, series(false)})}, {"older", Joined({image, series(true)})}};
}

Seeds Codestreams() {
  std::vector<std::int32_t> samples;
  for (int i = 0; i < 12 * 10; ++i) samples.push_back(i * i % 251);
  const auto made = [&](const testing::Jpeg2000Knobs& knobs) {
    const auto bytes = testing::MakeJpeg2000(samples, 12, 10, knobs);
    return std::string(bytes.begin(), bytes.end());
  };
  std::string jpeg("\xff\xd8\xff\xc3\0\x0b\x10\0\x02\0\x02\1\1\x11\0", 15);
  jpeg += std::string("\xff\xda\0\x08\1\1\0\1\0\0\x55\xff\xd9", 13);
  return {{"plain", made({.precision = 8})},
          {"signed", made({.is_signed = true})},
          {"boxed", made({.boxed = true})},
          {"jpeg", jpeg}};
}

struct SmallDataset {
  std::string manifest, shard;
};

SmallDataset Small() {
  FaultFileSystem files;
  Made(testing::WriteTinyDataset(files, "/set", 2, {2, 3, 4}, 2));
  return {Made(ReadFile(files, "/set/manifest.json")),
          Made(ReadFile(files, "/set/shard-00000.safetensors"))};
}

Seeds Journals() {
  FaultFileSystem files;
  const auto manifest = Made(testing::WriteTinyDataset(files, "/set", 2, {2, 3, 4}, 2));
  const data_loader::DatasetPart part{manifest.volumes[0], "subject", "", 96, std::string(64, 'a')};
  const data_loader::Rejection rejection{"TRUNCATED", "it ends", "one.dcm"};
  return {{"one", data_loader::HeadLine("options", "key") +
                      data_loader::OutcomeLine({"s1", "f1", part, {}, {rejection}, rejection}) +
                      data_loader::OutcomeLine({"s2", "f2", {}, rejection, {}, {}}) +
                      data_loader::ArrangedLine("digest") +
                      data_loader::ShardLine(manifest.shards[0]) +
                      data_loader::PublishedLine("hash", "asked")}};
}

Seeds Reports() {
  const data_loader::Rejection rejection{"TRUNCATED", "it ends", ""};
  data_loader::IngestReport report;
  report.dataset_sha256 = std::string(64, '0');
  report.accepted.push_back({"id", "source", true, {rejection}});
  report.rejected.push_back({"other", rejection});
  report.warnings.push_back(rejection);
  return {{"report", data_loader::ToJson(report)},
          {"sources", R"({"key":"00ff","sources":{"a":"/in/a"},"subjects":{"a":"b"}})"}};
}

std::string Checkpoint() {
  CheckpointManifest manifest;
  manifest.job_uid = "1";
  manifest.method = "gvsl";
  manifest.files[kModelFile] = {16, std::string(64, '0')};
  return ToJson(manifest);
}

std::string Torch() {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  std::string archive;
  const Status status =
      WriteTorchFile({{"w", FloatTensorView(values, {2, 3})}, {"b", FloatTensorView(values, {6})}},
                     [&](std::string_view piece) {
                       archive += piece;
                       return OkStatus();
                     });
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return archive;
}

// As torch.save has it: the archive's entries are not packed.
std::string PickleOf(const std::string& archive) {
  const std::size_t begin = archive.find("\x80\x02"), end = archive.find("PK", begin);
  return archive.substr(begin, end - begin);
}

Seeds Rle() {
  const std::string header = std::string("\1\0\0\0\x40\0\0\0", 8) + std::string(56, '\0');
  return {{"bytes", std::string("\0\0\6", 3) + header + std::string("\2\1\2\3\xfe\4\x80\0", 8)}};
}

Seeds Fragments() {
  const auto number = [](std::uint32_t value) {
    std::string bytes;
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i));
    return bytes;
  };
  const std::string table = number(0) + number(29);  // behind 11 and 2 bytes with their headers
  const std::string lengths = number(11) + number(2) + number(7) + number(4);
  return {{"table", "\2\2" + table + lengths}, {"none", std::string("\2\0", 2) + lengths}};
}

}  // namespace

std::map<std::string, std::string> SeedsOf(std::string_view target) {
  const std::map<std::string_view, std::function<Seeds()>> makers = {
      {"checkpoint_manifest",
       [] {
         return Seeds{{"one", Checkpoint()}};
       }},
      {"codestream", Codestreams},
      {"dataset",
       [] {
         const SmallDataset set = Small();
         return Seeds{{"one", Joined({set.manifest, set.shard})}};
       }},
      {"dicom_file", DicomFileSeeds},
      {"dicom_series", DicomSeriesSeeds},
      {"fragments", Fragments},
      {"journal", Journals},
      {"manifest",
       [] {
         return Seeds{{"one", Small().manifest}};
       }},
      {"nifti", Nifti},
      {"pickle",
       [] {
         return Seeds{{"one", PickleOf(Torch())}};
       }},
      {"report", Reports},
      {"rle", Rle},
      {"safetensors",
       [] {
         return Seeds{{"shard", Small().shard}};
       }},
      {"siemens_csa", Csa},
      {"torch_file",
       [] {
         return Seeds{{"one", Torch()}};
       }},
  };
  return makers.at(target)();
}

}  // namespace gvsl::fuzz
