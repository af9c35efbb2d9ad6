// A folder with images that a test makes and ingests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "data_loader/dataset_manifest.h"
#include "data_loader/ingest.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::data_loader {

class IngestTest : public ::testing::Test {
 protected:
  // A 6 x 5 x 4 image whose content depends on `number`.
  static testing::NiftiKnobs Knobs(int number) {
    testing::NiftiKnobs knobs;
    knobs.size = {6, 5, 4};
    knobs.sform = testing::Straight({1, 1, 1}, {0, 0, 0});
    for (int i = 0; i < 120; ++i) knobs.values.push_back((i * (number + 3)) % 101);
    return knobs;
  }
  static testing::NiftiKnobs LabelKnobs(int label) {
    testing::NiftiKnobs knobs = Knobs(0);
    knobs.datatype = 2;
    knobs.values.assign(120, label);
    return knobs;
  }
  std::string Make(const std::string& name, const testing::NiftiKnobs& knobs) {
    std::filesystem::create_directories(std::filesystem::path(directory_ / name).parent_path());
    testing::MakeNifti(directory_ / name, knobs);
    return directory_ / name;
  }
  IngestOptions Options(const std::string& output = "set") {
    IngestOptions options;
    options.inputs = {directory_ / "in"};
    options.output = directory_ / output;
    options.volumes_per_shard = 2;
    return options;
  }
  IngestReport Run(const IngestOptions& options) {
    const auto report = Ingest(PosixFileSystem(), options, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : IngestReport();
  }
  std::string Bytes(const std::string& name) {
    return *ReadFile(PosixFileSystem(), directory_ / name);
  }
  DatasetManifest Manifest(const std::string& name = "set") {
    return *ReadManifest(PosixFileSystem(), directory_ / name);
  }
  static std::set<std::string> Codes(const std::vector<RejectedVolume>& rejected) {
    std::set<std::string> codes;
    for (const auto& volume : rejected) codes.insert(volume.rejection.code);
    return codes;
  }
  testing::TemporaryDirectory directory_;
};

}  // namespace gvsl::data_loader
