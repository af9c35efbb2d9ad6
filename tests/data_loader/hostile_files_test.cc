// Damaged and malicious image files: whatever the bytes, a volume or a code, never a crash.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/file_system.h"
#include "common/philox.h"
#include "data_loader/ingest.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::TemporaryDirectory;

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Some bytes of the first `range` replaced; now and then the end cut off.
std::string Damage(std::string bytes, std::size_t range, std::uint64_t number) {
  Philox philox(1, DrawPurpose::kVirtualSubject, number, 99);
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

}  // namespace
}  // namespace gvsl::data_loader
