// What an ingestion makes of names: subjects, label maps, classes.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "data_loader/dataset.h"
#include "data_loader/input_files.h"
#include "tests/data_loader/ingest_fixture.h"
#include "tests/support/dicom_maker.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::MakeSlices;
using ::gvsl::testing::NiftiKnobs;
using ::gvsl::testing::Straight;
using ::gvsl::testing::TemporaryDirectory;
using ::gvsl::testing::WriteSlices;

namespace fs = std::filesystem;

TEST_F(IngestTest, PairsLabelsAndClassesByStem) {
  Make("in/a.nii", Knobs(1));
  Make("in/b.nii.gz", Knobs(2));
  WriteSlices(MakeSlices(4), directory_ / "in/series");
  Make("in/labels/a.nii.gz", LabelKnobs(7));
  NiftiKnobs series_labels = LabelKnobs(3);
  // The series lies at x 32.5 to 40, y 42 to 50, z -60 to -51 mm.
  series_labels.sform = Straight({3, 3, 3}, {30, 40, -62});
  Make("in/labels/series.nii", series_labels);
  Make("in/labels/nobody.nii", LabelKnobs(1));
  std::ofstream(directory_ / "classes.csv") << "stem,class\na,1\nb,0\nseries,1\nnobody,0\n";
  IngestOptions options = Options();
  options.labels = directory_ / "in/labels";
  options.classes = directory_ / "classes.csv";
  const IngestReport report = Run(options);
  EXPECT_EQ(report.accepted.size(), 3U);
  EXPECT_EQ(Codes(report.rejected), (std::set<std::string>{"LABEL_WITHOUT_IMAGE"}));
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(report.warnings[0].code, "CLASS_WITHOUT_IMAGE");
  std::map<std::int32_t, int> labels;
  auto dataset = *Dataset::Open(PosixFileSystem(), directory_ / "set");
  for (std::uint32_t index = 0; index < 3; ++index) {
    const VolumeView view = *dataset->Volume(index);
    EXPECT_TRUE(dataset->manifest().volumes[index].class_index.has_value());
    ++labels[view.labels ? (*view.labels)[0] : 0];
  }
  EXPECT_EQ(labels, (std::map<std::int32_t, int>{{0, 1}, {3, 1}, {7, 1}}));
}

TEST_F(IngestTest, KeepsAnImageWhoseLabelsCannotBeUsed) {
  Make("in/a.nii", Knobs(1));
  NiftiKnobs elsewhere = LabelKnobs(1);
  elsewhere.sform = Straight({1, 1, 1}, {500, 0, 0});
  Make("labels/a.nii", elsewhere);
  IngestOptions options = Options();
  options.labels = directory_ / "labels";
  const IngestReport report = Run(options);
  ASSERT_EQ(report.accepted.size(), 1U);
  EXPECT_FALSE(report.accepted[0].labelled);
  EXPECT_EQ(Codes(report.rejected), (std::set<std::string>{"LABEL_GRID_MISMATCH"}));
}

TEST_F(IngestTest, KeepsTwoInputsWithOneStemAsTwoSubjectsAndWarns) {
  Make("in/x/a.nii", Knobs(1));
  Make("in/y/a.nii", Knobs(2));
  const IngestReport report = Run(Options());
  ASSERT_EQ(report.accepted.size(), 2U);
  EXPECT_NE(report.accepted[0].id, report.accepted[1].id);
  ASSERT_EQ(report.accepted[0].warnings.size(), 1U);
  EXPECT_EQ(report.accepted[0].warnings[0].code, "DUPLICATE_STEM");
  EXPECT_NE(Manifest().volumes[0].subject, Manifest().volumes[1].subject);
}

TEST_F(IngestTest, ScansOfOneSubjectByNameAreOneSubjectAndADatasetOfOneIsWarnedOf) {
  Make("in/sub-01/anat/sub-01_T1w.nii", Knobs(1));
  Make("in/sub-01/anat/sub-01_T2w.nii", Knobs(2));
  const IngestReport report = Run(Options());
  EXPECT_EQ(Manifest().volumes[1].subject, 0U);
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(report.warnings[0].code, "ONE_SUBJECT");
  Make("in/sub-02/anat/sub-02_T1w.nii", Knobs(3));
  EXPECT_TRUE(Run(Options("two")).warnings.empty());
}

TEST_F(IngestTest, PairsLabelsOfEqualStemsByTheirPaths) {
  IngestOptions options = Options();
  options.labels = directory_ / "labels";
  for (int i = 1; i <= 3; ++i) {
    const std::string name = "/sub-0" + std::to_string(i) + "/anat.nii";
    Make("in" + name, Knobs(i));
    if (i < 3) Make("labels" + name, LabelKnobs(10 * i));
  }
  EXPECT_TRUE(Run(options).rejected.empty());
  auto dataset = *Dataset::Open(PosixFileSystem(), options.output);
  std::multiset<std::int32_t> labels;
  for (std::uint32_t index = 0; index < 3; ++index) {
    const VolumeView view = *dataset->Volume(index);
    labels.insert(view.labels ? (*view.labels)[0] : 0);
  }
  EXPECT_EQ(labels, (std::multiset<std::int32_t>{0, 10, 20}));
}

TEST_F(IngestTest, ALabelThatSeveralImagesMayMeanIsReported) {
  IngestOptions options = Options();
  options.labels = directory_ / "labels";
  Make("in/x/a.nii", Knobs(1));
  Make("in/y/a.nii", Knobs(2));
  Make("labels/a.nii", LabelKnobs(1));
  const IngestReport report = Run(options);
  EXPECT_EQ(Codes(report.rejected), (std::set<std::string>{"LABEL_AMBIGUOUS"}));
  ASSERT_EQ(report.accepted.size(), 2U);
  EXPECT_FALSE(report.accepted[0].labelled || report.accepted[1].labelled);
  EXPECT_EQ(report.accepted[0].warnings[0].code, "LABEL_AMBIGUOUS");
}

TEST_F(IngestTest, LabelsAreNeverImagesEvenByALinkToTheirFolder) {
  Make("in/a.nii", Knobs(1));
  Make("in/labels/a.nii", LabelKnobs(1));
  fs::create_directory_symlink("in/labels", directory_ / "link");
  IngestOptions options = Options();
  options.labels = directory_ / "link";
  const IngestReport report = Run(options);
  ASSERT_EQ(report.accepted.size(), 1U);
  EXPECT_TRUE(report.accepted[0].labelled);
}

TEST_F(IngestTest, VolumesOfOnePatientAndCopiesOfOneVolumeAreOneSubject) {
  WriteSlices(MakeSlices(4, "Doe"), directory_ / "in/1");
  auto second = MakeSlices(5, "Doe");
  for (auto& slice : second) {
    slice.series_uid += ".2";
    slice.instance_uid += ".2";
  }
  WriteSlices(second, directory_ / "in/2");
  WriteSlices(MakeSlices(6, "Roe"), directory_ / "in/3");
  Make("in/a.nii", Knobs(1));
  Make("in/b.nii", Knobs(1));
  Run(Options());
  std::map<std::uint32_t, int> subjects;
  for (const VolumeEntry& volume : Manifest().volumes) ++subjects[volume.subject];
  std::multiset<int> counts;
  for (const auto& [subject, count] : subjects) counts.insert(count);
  EXPECT_EQ(counts, (std::multiset<int>{1, 2, 2}));
}

TEST_F(IngestTest, AnAnonymisersPlaceholderIsNoPatient) {
  for (int i = 1; i <= 2; ++i) {
    auto slices = MakeSlices(3 + i, "ANONYMOUS");
    for (auto& slice : slices) {
      slice.study = std::to_string(i);
      slice.series_uid += "." + slice.study;
    }
    WriteSlices(slices, directory_ / ("in/" + std::to_string(i)));
  }
  Run(Options());
  ASSERT_EQ(Manifest().volumes.size(), 2U);
  EXPECT_NE(Manifest().volumes[0].subject, Manifest().volumes[1].subject);
}

TEST(Classes, MayBeginWithAByteOrderMarkAndNamePaths) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "c.csv") << "\xEF\xBB\xBFstem,class\r\nx/a,1\r\n";
  EXPECT_EQ(*ReadClasses(PosixFileSystem(), directory / "c.csv"),
            (std::map<std::string, std::int32_t>{{"x/a", 1}}));
}

}  // namespace
}  // namespace gvsl::data_loader
