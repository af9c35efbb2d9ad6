// An ingestion that was ended, and the next one that goes on: the same bytes as of one that never
// was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>
#include <map>

#include "common/fault_file_system.h"
#include "common/sha256.h"
#include "data_loader/inspect.h"
#include "tests/data_loader/ingest_fixture.h"
#include "tests/support/dicom_maker.h"

namespace gvsl::data_loader {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;

using Content = std::map<std::string, std::string>;  // by name

const std::string kKey(32, 'k');
constexpr std::uint64_t kNever = std::uint64_t{1} << 60;

class IngestResumeTest : public IngestTest {
 protected:
  // Accepted, rejected, labelled, twice the same, and of two formats.
  void WriteInputs() {
    for (int i = 0; i < 4; ++i) Make("in/" + std::to_string(i) + ".nii", Knobs(i));
    Make("in/copy/of3.nii.gz", Knobs(3));
    testing::NiftiKnobs truncated = Knobs(5);
    truncated.missing_bytes = 9;
    Make("in/short.nii", truncated);
    Make("labels/1.nii", LabelKnobs(2));
    testing::NiftiKnobs fractions = Knobs(6);
    fractions.slope = 0.3;
    Make("labels/2.nii", fractions);
    testing::WriteSlices(testing::MakeSlices(5), directory_ / "in/series");
  }
  IngestOptions Options(const std::string& output) {
    IngestOptions options = IngestTest::Options(output);
    options.labels = directory_ / "labels";
    options.key = kKey;
    return options;
  }
  IngestOptions OptionsOn(const std::string& path) {
    IngestOptions options = Options("");
    options.output = path;
    return options;
  }
  static Content ContentOf(FileSystem& files, const std::string& directory) {
    Content content;
    const auto names = files.List(directory);
    EXPECT_TRUE(names.ok()) << names.status();
    if (!names.ok()) return content;
    for (const std::string& name : *names) {
      content[name] = *ReadFile(files, JoinPath(directory, name));
    }
    return content;
  }
  Content ContentOf(const std::string& name) {
    return ContentOf(PosixFileSystem(), directory_ / name);
  }
  Content Uninterrupted() {
    WriteInputs();
    Run(Options("whole"));
    EXPECT_FALSE(fs::exists(directory_ / "whole.ingest"));
    return ContentOf("whole");
  }
  // At the question whether to stop that comes after `count` others.
  StatusCode StopAtQuestion(IngestOptions options, int count) {
    options.stop = [count, asked = 0]() mutable { return ++asked > count; };
    return Ingest(PosixFileSystem(), options, nullptr).status().code();
  }
  // After so many inputs that were read, and shards that were cut.
  StatusCode StopAfter(IngestOptions options, int count) {
    bool is_begun = false;
    int asked = 0;
    options.progress = [&](const IngestProgress& progress) {
      is_begun = is_begun || progress.stage == IngestProgress::Stage::kInputs;
    };
    options.stop = [&] { return is_begun && ++asked > count; };
    return Ingest(PosixFileSystem(), options, nullptr).status().code();
  }
};

TEST_F(IngestResumeTest, StoppedAnywhereItEndsWithTheSameBytes) {
  const Content whole = Uninterrupted();
  EXPECT_EQ(whole.size(), 6U);  // three shards, manifest, report, sources
  int stopped = 0;
  for (int count = 0; count < 100; ++count, ++stopped) {
    const StatusCode code = StopAtQuestion(Options("set"), count);
    if (code == StatusCode::kOk) break;
    ASSERT_EQ(code, StatusCode::kCancelled);
    EXPECT_FALSE(fs::exists(directory_ / "set"));
    IngestOptions other_key = Options("set");
    if (fs::exists(directory_ / "set.ingest")) other_key.key = std::string(32, 'o');
    Run(other_key);
    EXPECT_EQ(ContentOf("set"), whole) << count;
    EXPECT_FALSE(fs::exists(directory_ / "set.ingest"));
    fs::remove_all(directory_ / "set");
  }
  EXPECT_GT(stopped, 17);  // each slice, each input twice, and shards
}

TEST_F(IngestResumeTest, StoppedWhileFilesAreLookedThroughItOpensNoMoreOfThem) {
  WriteInputs();
  IngestOptions options = Options("set");
  std::size_t looked_through = 0;
  options.progress = [&](const IngestProgress& progress) {
    EXPECT_EQ(progress.stage, IngestProgress::Stage::kFiles);
    looked_through = progress.done;
  };
  options.stop = [&] { return looked_through == 2; };
  EXPECT_EQ(Ingest(PosixFileSystem(), options, nullptr).status().code(), StatusCode::kCancelled);
  EXPECT_EQ(looked_through, 2U);  // of five slices
  EXPECT_FALSE(fs::exists(directory_ / "set.ingest"));
}

TEST_F(IngestResumeTest, DoesNotReadAgainWhatItHas) {
  WriteInputs();
  ASSERT_EQ(StopAfter(Options("set"), 6), StatusCode::kCancelled);
  IngestOptions options = Options("set");
  IngestProgress first;
  options.progress = [&](const IngestProgress& progress) {
    if (progress.stage == IngestProgress::Stage::kInputs) first = progress;
  };
  Run(options);
  EXPECT_EQ(first.done, 7U);
  EXPECT_EQ(first.done_bytes, first.total_bytes);
  EXPECT_GT(first.earlier_bytes, first.total_bytes / 2);
}

TEST_F(IngestResumeTest, NothingDependsOnTheNumberOfThreadsOrTheMemory) {
  const Content whole = Uninterrupted();
  for (const WorkBounds& bounds : {WorkBounds{4, 0}, WorkBounds{3, 1}, WorkBounds{2, 80U << 20}}) {
    IngestOptions options = Options("set");
    options.bounds = bounds;
    std::vector<std::string> events;
    const auto report = Ingest(PosixFileSystem(), options,
                               [&](const IngestEvent& event) { events.push_back(event.path); });
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(ContentOf("set"), whole);
    EXPECT_EQ(events.front(), directory_ / "in/0.nii");
    fs::remove_all(directory_ / "set");
  }
}

TEST_F(IngestResumeTest, PowerLostAtAnyOperationEndsWithTheSameBytes) {
  const Content whole = Uninterrupted();
  for (const bool power_is_lost : {true, false}) {
    std::uint64_t died_at = 0;
    for (bool finished = false; !finished; ++died_at) {
      FaultFileSystem files;
      files.DieAfter(died_at);
      finished = Ingest(files, OptionsOn("/out/set"), nullptr).ok();
      if (power_is_lost) {
        files.LosePower();
      } else {
        files.DieAfter(kNever);
      }
      const auto report = Ingest(files, OptionsOn("/out/set"), nullptr);
      const bool there = report.status().code() == StatusCode::kAlreadyExists;
      ASSERT_TRUE(report.ok() || there) << died_at << " " << report.status();
      files.LosePower();
      ASSERT_EQ(ContentOf(files, "/out/set"), whole) << died_at;
      EXPECT_FALSE(files.Exists("/out/set.ingest")) << died_at;
    }
    EXPECT_GT(died_at, 60U);
  }
}

TEST_F(IngestResumeTest, AFullDiskKeepsWhatWasDone) {
  const Content whole = Uninterrupted();
  for (std::uint64_t capacity = 500; capacity < 12'000; capacity += 500) {
    FaultFileSystem files;
    files.SetCapacity(capacity);
    IngestOptions options = OptionsOn("/out/set");
    options.ignore_space = true;
    const auto first = Ingest(files, options, nullptr);
    if (!first.ok()) {
      EXPECT_EQ(first.status().code(), StatusCode::kResourceExhausted) << first.status();
      if (files.Exists("/out/set.ingest")) {
        EXPECT_THAT(first.status().message(), HasSubstr("make room"));
      }
      files.SetCapacity(1 << 20);
      const auto second = Ingest(files, options, nullptr);
      ASSERT_TRUE(second.ok()) << second.status();
    }
    EXPECT_EQ(ContentOf(files, "/out/set"), whole) << capacity;
  }
}

TEST_F(IngestResumeTest, ADiskThatIsSurelyTooSmallIsNotBegunOn) {
  WriteInputs();
  FaultFileSystem files;
  files.SetCapacity(1500);
  const auto refused = Ingest(files, OptionsOn("/out/set"), nullptr);
  EXPECT_EQ(refused.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.status().message(), HasSubstr("--ignore-space"));
  EXPECT_FALSE(files.Exists("/out/set.ingest"));
}

TEST_F(IngestResumeTest, AChangedInputIsReadAgain) {
  WriteInputs();
  ASSERT_EQ(StopAfter(Options("set"), 6), StatusCode::kCancelled);
  Make("in/0.nii", Knobs(8));
  Make("in/1.nii", Knobs(9));
  fs::remove(directory_ / "in/copy/of3.nii.gz");
  Run(Options("set"));
  Run(Options("whole"));
  EXPECT_EQ(ContentOf("set"), ContentOf("whole"));
}

TEST_F(IngestResumeTest, AnInputThatCameWhileShardsWereCutCutsThemAnew) {
  WriteInputs();
  ASSERT_EQ(StopAfter(Options("set"), 7), StatusCode::kCancelled);
  ASSERT_TRUE(fs::exists(directory_ / "set.ingest/dataset/shard-00000.safetensors"));
  Make("in/4.nii", Knobs(11));
  Run(Options("set"));
  Run(Options("whole"));
  EXPECT_EQ(ContentOf("set"), ContentOf("whole"));
}

TEST_F(IngestResumeTest, ADamagedPartOrShardIsMadeAgain) {
  const Content whole = Uninterrupted();
  for (const auto& [count, damage] : std::map<int, std::string>{{6, "part-"}, {7, "shard-"}}) {
    ASSERT_EQ(StopAfter(Options("set"), count), StatusCode::kCancelled);
    int damaged = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory_ / "set.ingest")) {
      if (!entry.path().filename().string().starts_with(damage)) continue;
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(-1, std::ios::end);
      file.put('\x7e');
      ++damaged;
    }
    EXPECT_GT(damaged, 0);
    Run(Options("set"));
    EXPECT_EQ(ContentOf("set"), whole);
    fs::remove_all(directory_ / "set");
  }
}

TEST_F(IngestResumeTest, WithOtherOptionsItBeginsAnewAndSaysSo) {
  WriteInputs();
  ASSERT_EQ(StopAfter(Options("set"), 4), StatusCode::kCancelled);
  const auto with = [&](const std::string& name, std::vector<std::string>* codes) {
    IngestOptions options = Options(name);
    options.prepare.spacing = {{2, 2, 2}};
    const auto report = Ingest(PosixFileSystem(), options, [&](const IngestEvent& event) {
      if (codes != nullptr) codes->push_back(event.what.code);
    });
    EXPECT_TRUE(report.ok()) << report.status();
  };
  std::vector<std::string> codes;
  with("set", &codes);
  with("whole", nullptr);
  EXPECT_THAT(codes, ::testing::Contains("OTHER_OPTIONS"));
  EXPECT_EQ(ContentOf("set"), ContentOf("whole"));
}

TEST_F(IngestResumeTest, OnlyOneAtATimeAndOnlyTheOwnerLooksInside) {
  WriteInputs();
  ASSERT_EQ(StopAfter(Options("set"), 4), StatusCode::kCancelled);
  struct stat info {};
  ASSERT_EQ(::stat((directory_ / "set.ingest").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
  {
    const auto lock =
        PosixFileSystem().TryLock(directory_ / "set.ingest/lock", LockMode::kExclusive);
    ASSERT_TRUE(lock.ok()) << lock.status();
    const auto second = Ingest(PosixFileSystem(), Options("set"), nullptr);
    EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
    EXPECT_THAT(second.status().message(), HasSubstr("another ingestion"));
  }
  Run(Options("set"));
}

TEST_F(IngestResumeTest, TheWorkFolderNamesNoPatient) {
  WriteInputs();
  testing::WriteSlices(testing::MakeSlices(4, "PATIENT4711"), directory_ / "in/another");
  ASSERT_EQ(StopAfter(Options("set"), 6), StatusCode::kCancelled);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(directory_ / "set.ingest")) {
    const std::string bytes = *ReadFile(PosixFileSystem(), entry.path().string());
    for (const std::string& patient : {std::string("PATIENT4711"), std::string("Doe")}) {
      EXPECT_THAT(bytes, ::testing::Not(HasSubstr(patient))) << entry.path();
      EXPECT_THAT(bytes, ::testing::Not(HasSubstr(Sha256Hex(patient)))) << entry.path();
    }
    ++files;
  }
  EXPECT_GE(files, 6);  // parts, journal and lock
}

TEST_F(IngestResumeTest, TheWorkFolderIsNoInput) {
  WriteInputs();
  IngestOptions options = Options("out/set");
  options.inputs = {directory_.path()};
  const IngestReport whole = Run(options);
  fs::remove_all(directory_ / "out");
  ASSERT_EQ(StopAfter(options, 5), StatusCode::kCancelled);
  EXPECT_EQ(Run(options).ignored_files, whole.ignored_files);
}

TEST_F(IngestResumeTest, OneContentUnderTwoNamesIsKeptAndSaid) {
  WriteInputs();
  std::map<std::string, std::string> said;
  const auto report = Ingest(PosixFileSystem(), Options("set"), [&](const IngestEvent& event) {
    if (event.what.code == "SAME_CONTENT") said[event.path] = event.what.file;
  });
  ASSERT_TRUE(report.ok()) << report.status();
  const std::map<std::string, std::string> expected = {
      {directory_ / "in/copy/of3.nii.gz", directory_ / "in/3.nii"}};
  EXPECT_EQ(said, expected);
  int warned = 0;
  for (const AcceptedVolume& volume : report->accepted) {
    for (const Rejection& warning : volume.warnings) {
      if (warning.code != "SAME_CONTENT") continue;
      ++warned;
      const auto is_named = [&](const AcceptedVolume& other) {
        return warning.reason.find(other.source) != std::string::npos;
      };
      EXPECT_EQ(std::count_if(report->accepted.begin(), report->accepted.end(), is_named), 1);
      EXPECT_EQ(warning.reason.find(directory_.path()), std::string::npos);
    }
  }
  EXPECT_EQ(warned, 1);
  EXPECT_TRUE(VerifyDataset(PosixFileSystem(), directory_ / "set")->empty());
}

}  // namespace
}  // namespace gvsl::data_loader
