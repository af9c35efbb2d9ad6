// Checkpoints and scans for the tests of gvsl-infer.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/checkpoint_directory.h"
#include "data_loader/nifti_reader.h"
#include "data_loader/volume_check.h"
#include "model/infer/infer_command.h"
#include "model/initial_weights.h"
#include "model/weights_file.h"
#include "tests/model/test_volumes.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::model {

class InferFixture : public ::testing::Test {
 protected:
  static CheckpointManifest Manifest(const std::string& task) {
    CheckpointManifest manifest;
    manifest.task = task;
    manifest.method = "gvsl";
    manifest.width = 8;
    manifest.classes = task == "segment" ? 3 : 0;
    manifest.patch = {16, 16, 16};
    manifest.window = "0,1000";
    manifest.step = 500;
    return manifest;
  }

  // Returns the checkpoint's directory, in the test's `checkpoints`.
  std::string WriteCheckpoint(CheckpointManifest manifest, const NamedTensors& weights) {
    const std::string path = directory_ / "checkpoints/" + CheckpointName(manifest.step);
    std::filesystem::create_directories(path);
    const auto written =
        WriteSafetensors(files_, JoinPath(path, kModelFile), *ViewTensors(weights));
    manifest.files[kModelFile] = {written->bytes, written->sha256};
    std::ofstream(JoinPath(path, kManifestFile)) << ToJson(manifest);
    return path;
  }

  // Smooth noise from 0 to 1000 of z, y, x voxels.
  static std::vector<double> SmoothValues(const std::array<std::int64_t, 3>& size,
                                          std::uint64_t seed) {
    const at::Tensor smooth =
        at::upsample_trilinear3d(Noise({1, 1, 5, 6, 7}, seed), size, true).mul(1000).round();
    const float* const values = smooth.const_data_ptr<float>();
    return {values, values + smooth.numel()};
  }

  std::string WriteScan(const std::string& name, const std::array<std::int64_t, 3>& size,
                        const data_loader::Affine& to_ras, const std::vector<double>& values) {
    testing::NiftiKnobs knobs;
    knobs.size = {static_cast<std::int16_t>(size[2]), static_cast<std::int16_t>(size[1]),
                  static_cast<std::int16_t>(size[0])};
    knobs.sform = to_ras;
    knobs.values = values;
    testing::MakeNifti(directory_ / name, knobs);
    return directory_ / name;
  }

  static data_loader::RawVolume Read(const std::string& path) {
    data_loader::NiftiReader reader;
    auto read = data_loader::ReadVolume(reader, {path, {path}, "x"});
    if (const auto* rejection = std::get_if<data_loader::Rejection>(&read)) {
      ADD_FAILURE() << path << ": " << rejection->reason;
      return {};
    }
    return std::get<data_loader::RawVolume>(std::move(read));
  }

  testing::TemporaryDirectory directory_;
  FileSystem& files_ = PosixFileSystem();
};

}  // namespace gvsl::model
