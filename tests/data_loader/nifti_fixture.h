// A folder with NIfTI files that a test makes and reads.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "data_loader/nifti_file.h"
#include "data_loader/nifti_reader.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/readings.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::data_loader {

class NiftiTest : public ::testing::Test {
 protected:
  OrRejection<RawVolume> Read(const testing::NiftiKnobs& knobs, const std::string& name = "a.nii") {
    testing::MakeNifti(directory_ / name, knobs);
    return ReadFile(name);
  }
  OrRejection<RawVolume> ReadFile(const std::string& name) {
    return NiftiReader().Read({directory_ / name, {directory_ / name}, "a"});
  }
  void WriteBytes(const std::string& name, const std::string& bytes) {
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
  }
  std::string Bytes(const std::string& name) {
    std::ifstream file(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::vector<float> Ascending(std::size_t count) {
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), 0.0F);
    return values;
  }
  static std::vector<std::string> Codes(const std::vector<Rejection>& warnings) {
    std::vector<std::string> codes;
    for (const Rejection& warning : warnings) codes.push_back(warning.code);
    return codes;
  }
  testing::TemporaryDirectory directory_;
};

}  // namespace gvsl::data_loader
