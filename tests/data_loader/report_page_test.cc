// gvsl-dataset show and report as processes: what is in a dataset, as text, as JSON and as a page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "common/sha256.h"
#include "common/text.h"
#include "tests/data_loader/dataset_program.h"
#include "tests/support/nifti_maker.h"

namespace gvsl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::NiftiKnobs;
using ::testing::Not;
using testing::Outcome;

std::size_t Count(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

class ReportPage : public testing::DatasetProgram {
 protected:
  static NiftiKnobs Knobs(int number) {
    NiftiKnobs knobs;
    knobs.size = {9, 10, 11};
    knobs.sform = testing::Straight({1, 1, 1}, {0, 0, 0});
    for (int i = 0; i < 990; ++i) knobs.values.push_back((i * (number + 3)) % 101);
    return knobs;
  }
  // Five volumes in three shards, the first labelled, and one that is rejected.
  void Ingest() {
    fs::create_directories(directory_ / "in");
    fs::create_directories(directory_ / "labels");
    for (int i = 0; i < 5; ++i) {
      testing::MakeNifti(directory_ / Concat("in/head", i, ".nii"), Knobs(i));
    }
    NiftiKnobs labels = Knobs(0);
    labels.datatype = 2;
    labels.values.assign(990, 0);
    labels.values[500] = 1;
    testing::MakeNifti(directory_ / "labels/head0.nii", labels);
    NiftiKnobs flat = Knobs(0);
    flat.values.assign(990, 3);
    testing::MakeNifti(directory_ / "in/flat.nii", flat);
    ASSERT_EQ(Run("ingest --input in --labels labels --output set --volumes-per-shard 2").exit_code,
              0)
        << StandardError();
  }
  std::string Read(const std::string& name) {
    std::ifstream file(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // As an earlier version would have written it, or somebody else.
  template <typename Change>
  void RewriteManifest(Change change) {
    auto manifest = nlohmann::json::parse(Read("set/manifest.json"));
    for (auto& volume : manifest["volumes"]) change(volume);
    manifest.erase("manifest_sha256");
    manifest["manifest_sha256"] = Sha256Hex(manifest.dump());
    std::ofstream(directory_ / "set/manifest.json") << manifest.dump();
  }
  std::string Page(const std::string& options = "") {
    const Outcome run = Run("report set --output page.html " + options);
    EXPECT_EQ(run.exit_code, 0) << StandardError();
    EXPECT_EQ(run.output, "");
    return Read("page.html");
  }
};

TEST_F(ReportPage, ShowsACardOfEveryVolumeAndNeedsNothingElse) {
  Ingest();
  const std::string page = Page();
  const auto manifest = nlohmann::json::parse(Read("set/manifest.json"));
  for (const auto& volume : manifest["volumes"]) {
    EXPECT_EQ(Count(page, Concat("<h3>", volume["id"].get<std::string>(), "</h3>")), 1U);
    EXPECT_EQ(Count(page, Concat("<code>", volume["source"].get<std::string>(), "</code>")), 1U);
  }
  EXPECT_THAT(page, HasSubstr(manifest["sha256"].get<std::string>()));
  for (const char* tag : {"article", "section", "header", "table", "tr", "td", "svg", "ul", "li",
                          "div", "p", "figure", "body", "html", "script", "style"}) {
    EXPECT_EQ(Count(page, Concat("<", tag, " ")) + Count(page, Concat("<", tag, ">")),
              Count(page, Concat("</", tag, ">")))
        << tag;
  }
  EXPECT_EQ(Count(page, "<article"), 5U);
  EXPECT_EQ(Count(page, "<img "), 5U);
  EXPECT_EQ(Count(page, "src=\"data:image/png;base64,iVBOR"), 5U);
  EXPECT_EQ(Count(page, "<script"), 1U);
  EXPECT_THAT(page, Not(HasSubstr("http:")));
  EXPECT_THAT(page, Not(HasSubstr("https:")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
}

TEST_F(ReportPage, NamesRejectionsWithWhatToDoAndSourcesByHashAlone) {
  Ingest();
  const std::string page = Page();
  EXPECT_THAT(page, HasSubstr("<b>CONSTANT</b>"));
  EXPECT_THAT(page, HasSubstr("leave it out, or choose another window"));
  EXPECT_THAT(page, HasSubstr("<b>NO_LABEL</b>"));
  EXPECT_THAT(page, Not(HasSubstr("head0")));
  EXPECT_THAT(page, Not(HasSubstr("flat.nii")));
  EXPECT_THAT(page, Not(HasSubstr(directory_.path())));
}

TEST_F(ReportPage, NamesPathsWhenAskedAndThenForTheOwnerAlone) {
  Ingest();
  const std::string page = Page("--sources");
  EXPECT_THAT(page, HasSubstr(directory_ / "in/head0.nii"));
  EXPECT_THAT(page, HasSubstr(directory_ / "in/flat.nii"));
  EXPECT_THAT(page, HasSubstr("keep it to yourself"));
  EXPECT_THAT(StandardError(), HasSubstr("keep it to yourself"));
  EXPECT_EQ(fs::status(directory_ / "page.html").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  fs::remove(directory_ / "set/sources.json");
  EXPECT_EQ(Run("report set --output other.html --sources").exit_code, 1);
  EXPECT_FALSE(fs::exists(directory_ / "other.html"));
}

TEST_F(ReportPage, ANameThatIsHtmlIsText) {
  fs::create_directories(directory_ / "in");
  testing::MakeNifti(directory_ / "in/<script>alert(1)<&.nii", Knobs(1));
  ASSERT_EQ(Run("ingest --input in --output set").exit_code, 0) << StandardError();
  RewriteManifest([](auto& volume) { volume["modality"] = "<script>\"&"; });
  const std::string page = Page("--sources");
  EXPECT_EQ(Count(page, "<script"), 1U);
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;&amp;.nii"));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;&quot;&amp;"));
}

TEST_F(ReportPage, TheSameDatasetGivesTheSamePage) {
  Ingest();
  const std::string page = Page();
  EXPECT_EQ(Run("report set").output, page);
  RewriteManifest([](auto& volume) { volume.erase("histogram"); });  // counted from the shards
  EXPECT_EQ(Page(), page);
}

TEST_F(ReportPage, ADamagedShardBecomesCardsThatSaySo) {
  Ingest();
  fs::resize_file(directory_ / "set/shard-00001.safetensors", 500);
  EXPECT_EQ(Run("report set --output page.html").exit_code, 1);
  EXPECT_THAT(StandardError(), HasSubstr("shard-00001.safetensors"));
  EXPECT_THAT(StandardError(), HasSubstr("2 volumes of 1 shard could not be read"));
  const std::string page = Read("page.html");
  EXPECT_EQ(Count(page, "<article"), 5U);
  EXPECT_EQ(Count(page, "<img "), 3U);
  EXPECT_EQ(Count(page, "style=\"order:-1\""), 2U);
  EXPECT_EQ(Count(page, "data-codes=\"DAMAGED"), 2U);
  EXPECT_THAT(page, HasSubstr("2 volumes cannot be read, of shard-00001.safetensors"));
}

TEST_F(ReportPage, IsNeverWrittenIntoTheDataset) {
  Ingest();
  fs::create_directory_symlink(directory_ / "set", directory_ / "link");
  for (const char* output : {"set/page.html", "./set/../set/page.html", "link/page.html"}) {
    EXPECT_EQ(Run(Concat("report set --output ", output)).exit_code, 2) << output;
  }
  EXPECT_FALSE(fs::exists(directory_ / "set/page.html"));
  EXPECT_EQ(Run("verify set").exit_code, 0);
  EXPECT_EQ(Run("report nothing --output page.html").exit_code, 1);
  EXPECT_EQ(Run("report set --output nowhere/page.html").exit_code, 1);
  EXPECT_FALSE(fs::exists(directory_ / "page.html"));
}

TEST_F(ReportPage, ShowPrintsDistributionsAndBars) {
  Ingest();
  const std::string text = Run("show set").output;
  EXPECT_THAT(text, HasSubstr("5 of 5 subjects, 1 labelled"));
  EXPECT_THAT(text, HasSubstr("11x10x9 to 11x10x9, median 11x10x9 voxels"));
  EXPECT_THAT(text, HasSubstr("rejected    CONSTANT (1)"));
  EXPECT_THAT(text, HasSubstr("warnings    NO_LABEL (4)"));
  EXPECT_THAT(text, HasSubstr("intensities OT, window mr: voxels of 5 volumes"));
  EXPECT_EQ(Count(text, " %"), 16U);
  const auto json = nlohmann::json::parse(Run("show set --json").output);
  EXPECT_EQ(json["median_size"], (std::vector<int>{11, 10, 9}));
  EXPECT_EQ(json["sizes"]["11x10x9"], 5);
  EXPECT_EQ(json["warnings"]["NO_LABEL"], 4);
  ASSERT_EQ(json["intensities"].size(), 1U);
  const auto bins = json["intensities"][0]["histogram"].get<std::vector<int>>();
  EXPECT_EQ(bins.size(), 64U);
  EXPECT_EQ(std::accumulate(bins.begin(), bins.end(), 0), 5 * 990);
}

TEST_F(ReportPage, ShowCountsAnOlderDatasetOnlyWhenAsked) {
  Ingest();
  const std::string json = Run("show set --json").output;
  RewriteManifest([](auto& volume) { volume.erase("histogram"); });
  EXPECT_THAT(Run("show set").output, HasSubstr("5 volumes not counted; --histograms"));
  EXPECT_EQ(
      nlohmann::json::parse(Run("show set --json").output)["intensities"][0]["uncounted_volumes"],
      5);
  EXPECT_EQ(Run("show set --json --histograms").output, json);
  fs::resize_file(directory_ / "set/shard-00001.safetensors", 500);
  EXPECT_EQ(Run("show set").exit_code, 0);
  EXPECT_EQ(Run("show set --histograms").exit_code, 1);
}

}  // namespace
}  // namespace gvsl
