// Nothing of what names a patient is in anything that gvsl-dataset writes, whatever becomes of the
// image: planted values are looked for in every byte.
#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "common/text.h"
#include "tests/data_loader/dataset_program.h"
#include "tests/support/dicom_encoder.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/planted_text.h"

namespace gvsl {
namespace {

namespace fs = std::filesystem;
using testing::DicomCoding;
using testing::MakeSlices;
using testing::Outcome;
using testing::WriteCodedSlice;

constexpr char kPath[] = "QJXPATH";  // in names of folders and files

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// To one that nobody knows.
void RenameSyntax(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::string bytes = ReadAll(entry.path());
    const std::string known = testing::syntax::kJpeg2000;
    bytes.replace(bytes.find(known), known.size(), "1.2.840.10008.1.2.4.99");
    std::ofstream(entry.path(), std::ios::binary) << bytes;
  }
}

class Privacy : public testing::DatasetProgram {
 protected:
  std::string Folder(const std::string& name) {
    const std::string folder = directory_ / Concat("in/", kPath, "-", name);
    fs::create_directories(folder);
    return folder;
  }
  // A planted series of its own, its slices coded so, its files changed so.
  template <typename Change>
  void WriteSeries(const std::string& name, int count, const DicomCoding& coding, Change change) {
    const std::string folder = Folder(name);
    auto slices = MakeSlices(count, "ZQX" + name);
    for (std::size_t i = 0; i < slices.size(); ++i) {
      slices[i].series_uid = Concat("1.2.3.99999.7.", name.size());
      slices[i].instance_uid = Concat("1.2.3.99999.7.", name.size(), ".", i + 1);
      const std::string path = Concat(folder, "/", kPath, i, ".dcm");
      WriteCodedSlice(slices[i], coding, path);
      EXPECT_GT(testing::PlantInDicom(path), 400);
    }
    change(folder);
  }
  void WriteInputs() {
    const auto nothing = [](const std::string&) {};
    WriteSeries("good", 5, {}, nothing);
    WriteSeries("jpeg2", 5, {.syntax = testing::syntax::kJpeg2000}, nothing);
    WriteSeries("colors", 5, {.photometric = "PALETTE COLOR"}, nothing);
    WriteSeries("missing", 5, {},
                [](const std::string& folder) { fs::remove(Concat(folder, "/", kPath, "2.dcm")); });
    WriteSeries("cutshort", 5, {}, [](const std::string& folder) {
      fs::resize_file(Concat(folder, "/", kPath, "2.dcm"), 30'000);
    });
    WriteSeries("localizer", 5, {.image_type = "ORIGINAL\\PRIMARY\\LOCALIZER"}, nothing);
    WriteSeries("unknownway", 5, {.syntax = testing::syntax::kJpeg2000}, RenameSyntax);
    testing::MakeNifti(Folder("nifti") + "/QJXPATH.nii", {});
    testing::PlantInNifti(Folder("nifti") + "/QJXPATH.nii");
    testing::MakeNifti(Folder("nifti") + "/QJXPATH-rgb.nii", {.datatype = 128});
    testing::PlantInNifti(Folder("nifti") + "/QJXPATH-rgb.nii");
    std::ofstream(Folder("text") + "/ZQX.dcm") << "ZQX is no image";
  }
  void ExpectNothingOf(const std::string& text, const std::string& where, bool may_name_paths) {
    std::vector<std::string> texts = testing::PlantedText();
    if (may_name_paths) {
      std::erase(texts, "ZQX");  // text/ZQX.dcm
    } else {
      texts.emplace_back(kPath);
    }
    for (const std::string& planted : texts) {
      EXPECT_EQ(text.find(planted), std::string::npos) << planted << " in " << where;
    }
  }
  // What it printed, too.
  void RunAndSearch(const std::string& arguments, int exit_code) {
    const Outcome run = Run(arguments);
    EXPECT_EQ(run.exit_code, exit_code) << arguments << ": " << StandardError();
    ExpectNothingOf(run.output, "output of " + arguments, false);
    ExpectNothingOf(StandardError(), "errors of " + arguments, true);
  }
};

TEST_F(Privacy, NothingPlantedIsInAnythingThatIsWritten) {
  WriteInputs();
  RunAndSearch("ingest --input in --output set --spacing native --json", 0);
  RunAndSearch("show set --json", 0);
  RunAndSearch("show set", 0);
  RunAndSearch("verify set", 0);
  RunAndSearch("report set", 0);
  RunAndSearch("report set --output page.html", 0);
  std::map<std::string, int> codes;
  const auto report = nlohmann::json::parse(ReadAll(directory_ / "set/report.json"));
  for (const auto& rejected : report["rejected"]) ++codes[rejected["code"]];
  const std::map<std::string, int> expected = {{"COLOR_IMAGE", 2},
                                               {"LOCALIZER", 1},
                                               {"MISSING_SLICE", 1},
                                               {"NOT_DICOM", 1},
                                               {"TRUNCATED", 1},

                                               {"UNSUPPORTED_TRANSFER_SYNTAX", 1}};
  EXPECT_EQ(codes, expected);
  ASSERT_EQ(report["accepted"].size(), 3U);
  const auto shown = nlohmann::json::parse(Run("show set --json").output);
  for (const auto& volume : shown["volume_list"]) {
    const std::string id = volume["id"];
    RunAndSearch(Concat("export set ", id, " out-", id, ".nii"), 0);
  }
  RunAndSearch(Concat("convert --input in/", kPath, "-good --output converted.nii"), 0);
  fs::resize_file(directory_ / "set/shard-00000.safetensors", 1000);
  RunAndSearch("verify set", 1);
  RunAndSearch("report set --output damaged.html", 1);

  int searched = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) {
    const std::string path = fs::relative(entry.path(), directory_.path()).string();
    if (path.starts_with("in/") || !entry.is_regular_file() || path == "stderr") continue;
    const bool is_map = path == "set/sources.json";
    if (is_map) {
      EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write);
    }
    ExpectNothingOf(ReadAll(entry.path()), path, is_map);
    ++searched;
  }
  EXPECT_GE(searched, 10);  // manifest, report, sources, a shard, four images, two pages
}

// That the test could fail: what was planted is there to be found.
TEST_F(Privacy, ThePlantedValuesAreInTheInputs) {
  WriteInputs();
  const std::string slice = ReadAll(directory_ / "in/QJXPATH-good/QJXPATH0.dcm");
  for (const std::string& planted : testing::PlantedText()) {
    EXPECT_NE(slice.find(planted), std::string::npos) << planted;
  }
  const std::string nifti = ReadAll(directory_ / "in/QJXPATH-nifti/QJXPATH.nii");
  EXPECT_NE(nifti.find("ZQX"), std::string::npos);
}

}  // namespace
}  // namespace gvsl
