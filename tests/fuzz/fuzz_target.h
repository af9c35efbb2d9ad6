// What a fuzzer gives bytes to: one function for each kind of file that comes from outside.
// libFuzzer (libfuzzer_main.cc) and the test of the corpus (fuzz_corpus_test.cc) run the same ones.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

namespace gvsl::fuzz {

using Bytes = std::span<const std::uint8_t>;

// What each does with any bytes: nothing but read them. 0 always; what is wrong ends the process.
int RunCheckpointManifest(Bytes bytes);
int RunCodestream(Bytes bytes);
int RunDataset(Bytes bytes);  // a manifest and a shard (Parts), whose hashes are mended first
int RunDicomFile(Bytes bytes);
int RunDicomSeries(Bytes bytes);  // files of one folder (Parts)
int RunFragments(Bytes bytes);
int RunJournal(Bytes bytes);
int RunManifest(Bytes bytes);  // whose own hash is mended first
int RunNifti(Bytes bytes);     // first a byte, modulo 3: .nii, .nii.gz, or a pair (Parts)
int RunPickle(Bytes bytes);
int RunReport(Bytes bytes);
int RunRle(Bytes bytes);
int RunSafetensors(Bytes bytes);
int RunSiemensCsa(Bytes bytes);  // the headers of an image and of its series (Parts)
int RunTorchFile(Bytes bytes);

struct Target {
  std::string_view name;
  int (*run)(Bytes bytes);
};

inline constexpr std::array kTargets = {
    Target{"checkpoint_manifest", RunCheckpointManifest},
    Target{"codestream", RunCodestream},
    Target{"dataset", RunDataset},
    Target{"dicom_file", RunDicomFile},
    Target{"dicom_series", RunDicomSeries},
    Target{"fragments", RunFragments},
    Target{"journal", RunJournal},
    Target{"manifest", RunManifest},
    Target{"nifti", RunNifti},
    Target{"pickle", RunPickle},
    Target{"report", RunReport},
    Target{"rle", RunRle},
    Target{"safetensors", RunSafetensors},
    Target{"siemens_csa", RunSiemensCsa},
    Target{"torch_file", RunTorchFile},
};

// Ends the process where a reader does not keep its word.
inline void Demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

}  // namespace gvsl::fuzz
