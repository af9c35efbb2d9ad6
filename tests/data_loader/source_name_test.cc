#include "data_loader/source_name.h"

#include <gtest/gtest.h>

#include "data_loader/nifti_file.h"

namespace gvsl::data_loader {
namespace {

bool OneSubject(const std::string& a, const std::string& b, const std::string& root = "/data") {
  return SubjectByName(a, root) == SubjectByName(b, root);
}

TEST(SubjectByName, EqualStemsInDifferentFoldersAreDifferentSubjects) {
  EXPECT_FALSE(OneSubject("/data/sub-01/anat.nii", "/data/sub-02/anat.nii"));
  EXPECT_FALSE(OneSubject("/data/p1/image.nii.gz", "/data/p2/image.nii.gz"));
  EXPECT_FALSE(OneSubject("/data/site1/001.nii", "/data/site2/001.nii"));
  EXPECT_FALSE(OneSubject("/data/CT/1.nii", "/data/MR/1.nii"));
  EXPECT_FALSE(OneSubject("/data/CT/sub-01.nii", "/data/MR/sub-01.nii"));
  EXPECT_FALSE(OneSubject("/data/p1/t1.nii", "/data/p2/t2.nii"));
}

TEST(SubjectByName, FlatFoldersHaveASubjectForEachStem) {
  EXPECT_FALSE(OneSubject("/data/hippocampus_001.nii.gz", "/data/hippocampus_003.nii.gz"));
  EXPECT_FALSE(OneSubject("/data/scan_0000.nii", "/data/scan_0001.nii"));
  EXPECT_FALSE(OneSubject("/data/a.nii", "/data/b.nii"));
  EXPECT_FALSE(OneSubject("/data/CT-01.nii", "/data/CT-02.nii"));
}

TEST(SubjectByName, BidsNamesSayWhoseScansTheyAre) {
  EXPECT_TRUE(OneSubject("/data/sub-01/anat/sub-01_T1w.nii.gz",
                         "/data/sub-01/func/sub-01_task-rest_bold.nii.gz"));
  EXPECT_TRUE(OneSubject("/data/sub-01/ses-1/anat/sub-01_ses-1_T1w.nii.gz",
                         "/data/sub-01/ses-2/anat/sub-01_ses-2_T1w.nii.gz"));
  EXPECT_TRUE(OneSubject("/data/sub-01/anat.nii", "/data/sub-01/ses-2/anat/other.nii"));
  EXPECT_TRUE(OneSubject("/data/sub-01_T1w.nii", "/data/sub-01_T2w.nii"));
  EXPECT_TRUE(OneSubject("/data/sub-01/anat/sub-01_T1w.nii",
                         "/data/derivatives/fmriprep/sub-01/anat/sub-01_T1w.nii"));
  EXPECT_TRUE(OneSubject("/data/rawdata/sub-01/x.nii", "/data/derivatives/f/sub-01/x.nii"));
  EXPECT_FALSE(OneSubject("/data/sub-01_T1w.nii", "/data/sub-011_T1w.nii"));
  EXPECT_FALSE(OneSubject("/data/study1/sub-01/x.nii", "/data/study2/sub-01/x.nii"));
  EXPECT_FALSE(OneSubject("/data/sub-lab/sub-01/x.nii", "/data/sub-lab/sub-02/x.nii"));
}

TEST(SubjectByName, FoldersAboveTheInputSayNothing) {
  EXPECT_FALSE(
      OneSubject("/store/sub-lab/data/a.nii", "/store/sub-lab/data/b.nii", "/store/sub-lab/data"));
  EXPECT_EQ(SubjectByName("/x/sub-01/anat/a.nii", "/x/sub-01"),
            SubjectByName("/x/sub-01/func/b.nii", "/x/sub-01"));
}

TEST(SubjectByName, WordsForKindsOfImageNameNoSubject) {
  EXPECT_TRUE(OneSubject("/data/IXI002-Guys-0828-T1.nii.gz", "/data/IXI002-Guys-0828-T2.nii.gz"));
  EXPECT_TRUE(OneSubject("/data/B_001/B_001_t1.nii.gz", "/data/B_001/B_001_flair.nii.gz"));
  EXPECT_TRUE(OneSubject("/data/p1/t1.nii", "/data/p1/FLAIR.nii"));
  EXPECT_TRUE(OneSubject("/data/p1/anat/t1.nii", "/data/p1/func/bold.nii"));
  EXPECT_FALSE(OneSubject("/data/case1_t1.nii", "/data/case2_t1.nii"));
}

TEST(SubjectByName, ExplicitFilesAreToldApartByTheirFolders) {
  EXPECT_NE(SubjectByName("/d/p1/t1.nii", "/d/p1/t1.nii"),
            SubjectByName("/d/p2/t1.nii", "/d/p2/t1.nii"));
  EXPECT_EQ(SubjectByName("/d/sub-1/anat/t1.nii", "/d/sub-1/anat/t1.nii"),
            SubjectByName("/d/sub-1/anat/t2.nii", "/d/sub-1/anat/t2.nii"));
  EXPECT_NE(SubjectByName("/t1.nii", "/t1.nii"), "");
}

TEST(NameOf, IsThePathBelowTheInputWithoutEndings) {
  const auto name = [](const std::string& file, const std::vector<std::string>& roots) {
    return NameOf({file, {file}, NiftiStem(file)}, roots);
  };
  SourceName found = name("/data/in/sub-01/anat.nii.gz", {"/data/in"});
  EXPECT_EQ(found.root, "in");
  EXPECT_EQ(found.relative, "sub-01/anat");
  found = name("/data/in/a.nii", {"/data/in/a.nii"});
  EXPECT_EQ(found.root, "in");
  EXPECT_EQ(found.relative, "a");
  found = name("/a.nii", {"/"});
  EXPECT_EQ(found.relative, "a");
  found = NameOf({"/in/s/1.dcm", {"/in/s/1.dcm"}, "s"}, {"/in", "/in/s"});
  EXPECT_EQ(found.relative, "s");
  found = NameOf({"/in", {"/in/1.dcm", "/in/2.dcm"}, "in"}, {"/in"});
  EXPECT_EQ(found.root, "in");
  EXPECT_EQ(found.relative, "");
}

}  // namespace
}  // namespace gvsl::data_loader
