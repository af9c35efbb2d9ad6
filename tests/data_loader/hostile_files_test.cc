// Damaged and malicious files: whatever the bytes, a volume or a code, never a crash. Another
// GVSL_FUZZ_SEED damages them otherwise.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "common/fault_file_system.h"
#include "common/file_system.h"
#include "common/philox.h"
#include "data_loader/dataset.h"
#include "data_loader/ingest.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tiny_dataset.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::TemporaryDirectory;

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Some bytes of the first `range` replaced; now and then the end cut off.
std::string Damage(std::string bytes, std::size_t range, std::uint64_t number) {
  const char* seed = std::getenv("GVSL_FUZZ_SEED");
  Philox philox(seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10),
                DrawPurpose::kVirtualSubject, number, 99);
  range = std::min(range, bytes.size());
  const std::uint32_t changes = 1 + philox.NextBelow(6);
  for (std::uint32_t i = 0; i < changes; ++i) {
    bytes[philox.NextBelow(static_cast<std::uint32_t>(range))] =
        static_cast<char>(philox.NextBelow(256));
  }
  if (philox.NextBelow(5) == 0) {
    bytes.resize(philox.NextBelow(static_cast<std::uint32_t>(bytes.size())));
  }
  return bytes;
}

// Every input is accounted for.
void ExpectIngests(const std::string& folder, const std::string& output) {
  IngestOptions options;
  options.inputs = {folder};
  options.output = output;
  options.prepare.spacing.reset();
  const auto report = Ingest(PosixFileSystem(), options, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GE(report->accepted.size() + report->rejected.size() + report->ignored_files, 1U);
  for (const RejectedVolume& volume : report->rejected) {
    EXPECT_FALSE(volume.rejection.code.empty());
    EXPECT_EQ(volume.rejection.reason.find(folder), std::string::npos);
  }
}

TEST(HostileFiles, DamagedNiftiHeadersAreReadOrRejected) {
  const TemporaryDirectory directory;
  testing::NiftiKnobs knobs;
  knobs.extension_bytes = 32;
  testing::MakeNifti(directory / "whole.nii", knobs);
  const std::string whole = *ReadFile(PosixFileSystem(), directory / "whole.nii");
  std::filesystem::create_directories(directory / "in");
  for (std::uint64_t number = 0; number < 300; ++number) {
    Write(directory / ("in/" + std::to_string(number) + ".nii"), Damage(whole, 384, number));
  }
  ExpectIngests(directory / "in", directory / "set");
}

TEST(HostileFiles, DamagedPairsAndHeadersOfNifti2AreReadOrRejected) {
  const TemporaryDirectory directory;
  testing::NiftiKnobs knobs;
  knobs.version = 2;
  testing::MakeNifti(directory / "whole.nii", knobs);
  testing::MakeNifti(directory / "whole.hdr", knobs);
  const std::string whole = *ReadFile(PosixFileSystem(), directory / "whole.nii");
  const std::string header = *ReadFile(PosixFileSystem(), directory / "whole.hdr");
  const std::string image = *ReadFile(PosixFileSystem(), directory / "whole.img");
  std::filesystem::create_directories(directory / "in");
  for (std::uint64_t number = 0; number < 200; ++number) {
    const std::string name = directory / ("in/" + std::to_string(number));
    Write(name + ".nii", Damage(whole, 560, number));
    Write(name + "-pair.hdr", Damage(header, 560, number + 1000));
    Write(name + "-pair.img", number % 4 == 0 ? Damage(image, 48, number) : image);
  }
  ExpectIngests(directory / "in", directory / "set");
}

TEST(HostileFiles, DamagedLabelMapsNeverHarmTheirImages) {
  const TemporaryDirectory directory;
  testing::MakeNifti(directory / "whole.nii", {});
  const std::string whole = *ReadFile(PosixFileSystem(), directory / "whole.nii");
  for (const char* folder : {"in", "labels"}) {
    std::filesystem::create_directories(directory / folder);
  }
  for (std::uint64_t number = 0; number < 100; ++number) {
    Write(directory / ("in/" + std::to_string(number) + ".nii"), whole);
    Write(directory / ("labels/" + std::to_string(number) + ".nii"), Damage(whole, 400, number));
  }
  IngestOptions options;
  options.inputs = {directory / "in"};
  options.labels = directory / "labels";
  options.output = directory / "set";
  const auto report = Ingest(PosixFileSystem(), options, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->accepted.size(), 100U);
}

TEST(HostileFiles, DamagedGzipsAreReadOrRejected) {
  const TemporaryDirectory directory;
  testing::MakeNifti(directory / "whole.nii.gz", {});
  const std::string whole = *ReadFile(PosixFileSystem(), directory / "whole.nii.gz");
  std::filesystem::create_directories(directory / "in");
  for (std::uint64_t number = 0; number < 100; ++number) {
    Write(directory / ("in/" + std::to_string(number) + ".nii.gz"),
          Damage(whole, whole.size(), number));
  }
  ExpectIngests(directory / "in", directory / "set");
}

TEST(HostileFiles, DamagedDicomFilesAreReadOrRejected) {
  const TemporaryDirectory directory;
  testing::WriteSlices(testing::MakeSlices(3), directory / "whole");
  for (std::uint64_t number = 0; number < 100; ++number) {
    const std::string folder = directory / ("in/" + std::to_string(number));
    std::filesystem::create_directories(folder);
    for (const char* name : {"/IM-001.dcm", "/IM-002.dcm", "/IM-003.dcm"}) {
      const std::string bytes = *ReadFile(PosixFileSystem(), directory / "whole" + name);
      Write(folder + name, number % 3 == 0 ? Damage(bytes, bytes.size(), number) : bytes);
    }
    if (number % 3 == 0) ExpectIngests(folder, directory / ("set" + std::to_string(number)));
  }
  ExpectIngests(directory / "in", directory / "all");
}

// Calls `use` on 400 damaged versions of a file of a small dataset.
void ForEachDamage(const std::string& name, const std::function<void(FileSystem&)>& use) {
  FaultFileSystem files;
  ASSERT_TRUE(testing::WriteTinyDataset(files, "/set", 3, {4, 5, 6}, 2).ok());
  const std::string whole = *ReadFile(files, "/set/" + name);
  for (std::uint64_t number = 0; number < 400; ++number) {
    ASSERT_TRUE(WriteFileDurably(files, "/set/" + name, Damage(whole, 900, number)).ok());
    use(files);
  }
}

TEST(HostileFiles, DamagedManifestsAreRefused) {
  ForEachDamage("manifest.json", [](FileSystem& files) {
    const auto manifest = ReadManifest(files, "/set");
    if (manifest.ok()) return;  // white space, or the same byte again
    EXPECT_NE(manifest.status().code(), StatusCode::kInternal) << manifest.status();
  });
}

TEST(HostileFiles, DamagedShardsAreRefused) {
  ForEachDamage("shard-00000.safetensors", [](FileSystem& files) {
    (void)SafetensorsFile::Open(files, "/set/shard-00000.safetensors");
    auto dataset = Dataset::Open(files, "/set");
    ASSERT_TRUE(dataset.ok()) << dataset.status();
    EXPECT_TRUE((*dataset)->Volume(2).ok());
    (void)(*dataset)->Volume(0);
  });
}

}  // namespace
}  // namespace gvsl::data_loader
