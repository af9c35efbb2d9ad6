#include "data_loader/downstream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

VolumeEntry Volume(std::uint32_t number, std::uint32_t subject) {
  VolumeEntry volume;
  volume.id = Concat("v", number);
  volume.subject = subject;
  volume.grid.size = {16, 20, 24};
  volume.label_sha256 = std::string(64, 'a');
  volume.label_voxels = {{0, 5000}, {1, 2000}, {2, 680}};
  volume.class_index = static_cast<std::int32_t>(number % 2);
  return volume;
}

// `per_subject` volumes of each subject.
DatasetManifest Manifest(std::uint32_t volumes, std::uint32_t per_subject = 1) {
  DatasetManifest manifest;
  for (std::uint32_t i = 0; i < volumes; ++i) {
    manifest.volumes.push_back(Volume(i, i / per_subject));
  }
  return manifest;
}

DownstreamRequest Request(const std::string& train, const std::string& validation,
                          const std::string& test, Truth truth = Truth::kLabels) {
  DownstreamRequest request;
  request.truth = truth;
  request.split = {train, validation, test};
  return request;
}

std::array<std::size_t, 3> Counts(std::uint32_t volumes, const DownstreamRequest& request,
                                  std::uint32_t per_subject = 1) {
  const auto plan = PlanDownstream(Manifest(volumes, per_subject), request);
  EXPECT_TRUE(plan.ok()) << plan.status();
  if (!plan.ok()) return {};
  return {plan->split.train.size(), plan->split.validation.size(), plan->split.test.size()};
}

using Sizes = std::array<std::size_t, 3>;

void ExpectRefused(const DatasetManifest& manifest, const DownstreamRequest& request,
                   const char* field, const char* reason) {
  const auto plan = PlanDownstream(manifest, request);
  ASSERT_FALSE(plan.ok()) << field << ": " << reason;
  EXPECT_EQ(plan.status().code(), StatusCode::kInvalidArgument);
  ASSERT_EQ(plan.status().violations().size(), 1u);
  EXPECT_EQ(plan.status().violations()[0].field, field);
  EXPECT_THAT(plan.status().violations()[0].reason, HasSubstr(reason));
}

TEST(Downstream, PartsAreDisjointAscendingAndTearNoSubjectApart) {
  for (std::uint64_t seed = 1; seed < 30; ++seed) {
    const DatasetManifest manifest = Manifest(40, 1 + seed % 3);
    DownstreamRequest request = Request("50%", "25%", "rest");
    request.seed = seed;
    const auto plan = PlanDownstream(manifest, request);
    ASSERT_TRUE(plan.ok()) << plan.status();
    std::set<std::uint32_t> volumes, subjects;
    std::size_t subjects_of_parts = 0;
    for (const auto& part : {plan->split.train, plan->split.validation, plan->split.test}) {
      EXPECT_TRUE(std::is_sorted(part.begin(), part.end()));
      std::set<std::uint32_t> here;
      for (const std::uint32_t index : part) {
        EXPECT_TRUE(volumes.insert(index).second) << index;
        here.insert(manifest.volumes[index].subject);
      }
      subjects.insert(here.begin(), here.end());
      subjects_of_parts += here.size();
    }
    EXPECT_EQ(subjects_of_parts, subjects.size()) << "a subject is in two parts";
    EXPECT_EQ(volumes.size(), 40u) << "the rest is everything";
  }
}

TEST(Downstream, TheSeedAloneDecidesWhoIsWhere) {
  const DatasetManifest manifest = Manifest(40);
  DownstreamRequest request = Request("20", "10", "rest");
  const auto plan = PlanDownstream(manifest, request);
  EXPECT_EQ(plan->split.train, PlanDownstream(manifest, request)->split.train);
  request.seed = 2;
  EXPECT_NE(plan->split.train, PlanDownstream(manifest, request)->split.train);
}

TEST(Downstream, TheOrderOfSubjectsIsAFormat) {
  const auto split = PlanDownstream(Manifest(10), Request("60%", "20%", "rest"))->split;
  EXPECT_THAT(split.train, ElementsAre(2, 4, 5, 6, 7, 9));
  EXPECT_THAT(split.validation, ElementsAre(1, 8));
  EXPECT_THAT(split.test, ElementsAre(0, 3));
}

TEST(Downstream, NumbersSharesAndTheRestAddUp) {
  EXPECT_EQ(Counts(10, Request("60%", "20%", "rest")), (Sizes{6, 2, 2}));
  EXPECT_EQ(Counts(10, Request("3", "2", "1")), (Sizes{3, 2, 1}));
  EXPECT_EQ(Counts(10, Request("3", "2", "0")), (Sizes{3, 2, 0}));
  EXPECT_EQ(Counts(10, Request("rest", "20%", "2")), (Sizes{6, 2, 2}));
  EXPECT_EQ(Counts(10, Request("3", "rest", "12.5%")), (Sizes{3, 6, 1}));
  EXPECT_EQ(Counts(3, Request("50%", "50%", "rest")), (Sizes{2, 1, 0})) << "rounded within 3";
  EXPECT_EQ(Counts(2, Request("90%", "10%", "rest")), (Sizes{1, 1, 0})) << "at least 1";
  EXPECT_EQ(Counts(2, Request("60%", "20%", "rest")), (Sizes{1, 1, 0}));
  EXPECT_EQ(Counts(12, Request("5", "2", "rest"), 2), (Sizes{4, 2, 6})) << "whole subjects";
}

TEST(Downstream, OnlyVolumesWithTheirTruthAreDealt) {
  DatasetManifest manifest = Manifest(10);
  for (const int index : {2, 5, 7}) manifest.volumes[index].label_sha256.reset();
  manifest.volumes[2].grid.size = {3, 3, 3};  // is not used, so may be anything
  const auto plan = PlanDownstream(manifest, Request("4", "2", "rest"));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->split.test, SizeIs(1));
  ExpectRefused(manifest, Request("8", "1", "0"), "split.train",
                "8 volumes are wanted, the dataset has 7 with labels");
}

TEST(Downstream, PartsThatCanNotBeAreRefused) {
  const DatasetManifest manifest = Manifest(10);
  ExpectRefused(manifest, Request("forty", "2", "rest"), "split.train", "'forty' is neither");
  for (const char* text : {"", "-1", "2.5", "%", "101%", "1e3", "5 %", "inf", "nan"}) {
    ExpectRefused(manifest, Request("4", text, "rest"), "split.validation", "neither");
  }
  ExpectRefused(manifest, Request("0", "2", "rest"), "split.train", "nearest is 1");
  ExpectRefused(manifest, Request("2", "0%", "rest"), "split.validation", "nearest is 1");
  ExpectRefused(manifest, Request("rest", "2", "rest"), "split", "only one part");
  ExpectRefused(manifest, Request("7", "4", "0"), "split.validation",
                "4 volumes are wanted, and of the 10 with labels the parts before leave 3");
  ExpectRefused(manifest, Request("60%", "20%", "30%"), "split.test", "leave 2");
  ExpectRefused(manifest, Request("8", "2", "1"), "split.test",
                "1 volume is wanted, and of the 10 with labels the parts before leave 0");
  ExpectRefused(manifest, Request("10", "rest", "0"), "split.validation", "nothing is left");
  ExpectRefused(Manifest(1), Request("60%", "20%", "rest"), "split.validation", "has so few");
  ExpectRefused(Manifest(10, 5), Request("5", "2", "rest"), "split.validation", "not torn apart");
  ExpectRefused(Manifest(12, 4), Request("4", "4", "2"), "split.test", "not torn apart");
}

TEST(Downstream, ADatasetWithoutTheTruthOrWithTooShortAnAxisIsRefused) {
  DatasetManifest manifest = Manifest(4);
  manifest.volumes[3].grid.size = {16, 15, 16};
  ExpectRefused(manifest, Request("2", "1", "rest"), "dataset", "v3 has 15 voxels along y; 16");
  for (VolumeEntry& volume : manifest.volumes) {
    volume.label_sha256.reset();
    volume.class_index.reset();
  }
  ExpectRefused(manifest, Request("2", "1", "rest"), "dataset", "none of its 4 volumes");
  ExpectRefused(manifest, Request("2", "1", "rest", Truth::kClass), "dataset", "with a class");
}

TEST(Downstream, AManifestThatDoesNotCountLabelsHasToBeMadeAgain) {
  DatasetManifest manifest = Manifest(4);
  manifest.volumes[1].label_voxels.clear();
  const auto plan = PlanDownstream(manifest, Request("2", "1", "rest"));
  EXPECT_EQ(plan.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(plan.status().message(), HasSubstr("ingest the dataset again"));
  EXPECT_TRUE(PlanDownstream(manifest, Request("2", "2", "0", Truth::kClass)).status().code() !=
              StatusCode::kFailedPrecondition);
}

// Every volume has these values.
DatasetManifest WithValues(const std::set<std::int32_t>& values) {
  DatasetManifest manifest = Manifest(4);
  for (VolumeEntry& volume : manifest.volumes) {
    volume.label_voxels.clear();
    for (const std::int32_t value : values) volume.label_voxels[value] = 1;
  }
  return manifest;
}

TEST(Downstream, ClassesAreCountedWithTheBackground) {
  DownstreamRequest request = Request("2", "1", "rest");
  EXPECT_EQ(PlanDownstream(Manifest(4), request)->classes, 3);
  EXPECT_EQ(PlanDownstream(WithValues({1, 2}), request)->classes, 3) << "without a background";
  request.labels = {{205, 1}, {420, 2}, {421, 2}};
  EXPECT_EQ(PlanDownstream(WithValues({-3, 0, 205, 420, 900}), request)->classes, 3);
  EXPECT_EQ(ClassOf(request.labels, 421), 2);
  EXPECT_EQ(ClassOf(request.labels, 900), 0);
  EXPECT_EQ(ClassOf({}, 900), 900);
}

TEST(Downstream, AClassWithoutAVoxelIsRefusedWithTheMapThatWouldDo) {
  DownstreamRequest request = Request("2", "1", "rest");
  ExpectRefused(WithValues({0, 205, 420}), request, "labels",
                "class 1 has no voxel: the values 0, 205, 420 occur; "
                "labels: {205: 1, 420: 2} would do");
  ExpectRefused(WithValues({-1, 0, 1}), request, "labels",
                "the value -1 occurs and is no class; labels: {1: 1} would do");
  ExpectRefused(WithValues({0}), request, "labels", "nothing but background");
  std::set<std::int32_t> many;
  for (std::int32_t value = 0; value < 400; ++value) many.insert(value);
  ExpectRefused(WithValues(many), request, "labels", "the greatest class is 255");
  request.labels = {{1, 1}, {7, 2}};
  ExpectRefused(WithValues({0, 1}), request, "labels", "class 2 has no voxel");
  request.labels = {{1, 256}};
  ExpectRefused(WithValues({0, 1}), request, "labels.1", "nearest is 255");
}

TEST(Downstream, AClassThatOnlyOtherPartsHaveIsRefused) {
  DatasetManifest manifest = Manifest(4);
  const auto split = PlanDownstream(manifest, Request("2", "1", "rest"))->split;
  for (const std::uint32_t index : split.train) manifest.volumes[index].label_voxels.erase(2);
  ExpectRefused(manifest, Request("2", "1", "rest"), "labels",
                "class 2 has no voxel in the volumes to train on, where the values 0, 1 occur");
}

TEST(Downstream, ClassifyTellsTwoClassesApartThatEveryPartHas) {
  const DownstreamRequest request = Request("10", "6", "rest", Truth::kClass);
  DatasetManifest manifest = Manifest(24);
  const auto plan = PlanDownstream(manifest, request);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->classes, 2);
  for (VolumeEntry& volume : manifest.volumes) volume.class_index = 1;
  manifest.volumes[3].class_index = 0;
  ExpectRefused(manifest, request, "split.test", "all 8 are of class 1");
  manifest.volumes[0].class_index = 2;
  ExpectRefused(manifest, request, "labels", "those of the volumes are 0, 1, 2");
  for (VolumeEntry& volume : manifest.volumes) volume.class_index = 0;
  ExpectRefused(manifest, request, "labels", "those of the volumes are 0");
}

TEST(Downstream, RegistrationNeedsTwoSubjectsAPartAndNoLabels) {
  DatasetManifest manifest = Manifest(8);
  EXPECT_EQ(PlanDownstream(manifest, Request("4", "2", "2", Truth::kNone))->classes, 3);
  for (VolumeEntry& volume : manifest.volumes) {
    volume.label_sha256.reset();
    volume.label_voxels.clear();
  }
  EXPECT_EQ(PlanDownstream(manifest, Request("4", "2", "0", Truth::kNone))->classes, 0);
  ExpectRefused(manifest, Request("1", "2", "rest", Truth::kNone), "split.train", "1 subject;");
  ExpectRefused(manifest, Request("4", "1", "rest", Truth::kNone), "split.validation", "2 are");
  ExpectRefused(manifest, Request("4", "3", "1", Truth::kNone), "split.test", "2 are needed");
  ExpectRefused(Manifest(8, 4), Request("4", "4", "0", Truth::kNone), "split.train", "2 are");
}

}  // namespace
}  // namespace gvsl::data_loader
