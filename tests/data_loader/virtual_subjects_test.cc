#include "deploy/demo/virtual_subjects/virtual_subject.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "deploy/demo/virtual_subjects/regions.h"
#include "tests/support/nifti_maker.h"

namespace gvsl::demo {
namespace {

using data_loader::Apply;
using data_loader::Cross;
using data_loader::Dot;
using data_loader::Subtract;
using ::gvsl::testing::Straight;

// An ellipsoid of 60 x 72 x 60 mm with an inner and an outer region.
Head BallHead() {
  Head head;
  head.image.size = head.labels.size = {30, 36, 30};
  head.image.to_ras = head.labels.to_ras = Straight({2, 2, 2}, {-30, -36, -30});
  for (int z = 0; z < 30; ++z) {
    for (int y = 0; y < 36; ++y) {
      for (int x = 0; x < 30; ++x) {
        const double r = std::hypot((x - 14.5) / 15, (y - 17.5) / 18, (z - 14.5) / 15);
        head.image.voxels.push_back(r < 1 ? static_cast<float>(900 - 500 * r) : 0.0F);
        head.labels.values.push_back(r < 0.5 ? 1 : r < 0.9 ? 2 : 0);
      }
    }
  }
  return head;
}

TEST(VirtualSubjects, TheJacobianIsTheDerivativesDeterminant) {
  const Grid grid = SubjectGrid(BallHead().image, 5);
  const Deformation deformation = DrawDeformation(3, 1, {}, grid);
  const double h = 1e-4;
  for (const Vector3& point : {Vector3{0, 0, 0}, Vector3{10, -20, 5}, Vector3{-25, 8, 17}}) {
    std::array<Vector3, 3> columns;
    for (int axis = 0; axis < 3; ++axis) {
      Vector3 up = point, down = point;
      up[axis] += h;
      down[axis] -= h;
      columns[axis] = data_loader::Scale(Subtract(deformation(up), deformation(down)), 0.5 / h);
    }
    EXPECT_NEAR(deformation.Jacobian(point), Dot(Cross(columns[0], columns[1]), columns[2]), 1e-6);
  }
}

TEST(VirtualSubjects, EveryMapIsInvertible) {
  const Head head = BallHead();
  const Grid grid = SubjectGrid(head.image, 5);
  for (std::uint64_t subject = 0; subject < 20; ++subject) {
    DeformationRange wild;
    wild.push_mm = 40;
    Deformation deformation = DrawDeformation(1, subject, wild, grid);
    const double smallest = MakeInvertible(deformation, grid, 4, 0.25);
    EXPECT_GT(smallest, 0.25);
    EXPECT_GT(SmallestJacobian(deformation, grid, 2.5), 0.2);
  }
}

TEST(VirtualSubjects, AreAPureFunctionOfSeedAndNumber) {
  const Head head = BallHead();
  const Grid grid = SubjectGrid(head.image, 6);
  const VirtualSubject one = MakeVirtualSubject(head, grid, {}, 5, 2);
  const VirtualSubject again = MakeVirtualSubject(head, grid, {}, 5, 2);
  const VirtualSubject other = MakeVirtualSubject(head, grid, {}, 5, 3);
  EXPECT_EQ(one.image, again.image);
  EXPECT_EQ(one.labels, again.labels);
  EXPECT_NE(one.image, other.image);
  EXPECT_NE(one.labels, other.labels);
}

TEST(VirtualSubjects, LabelsAreDeformedAlikeTheImage) {
  const Head head = BallHead();
  const Grid grid = SubjectGrid(head.image, 4);
  DeformationRange range;
  const VirtualSubject subject = MakeVirtualSubject(head, grid, range, 5, 2);
  double inner = 0, outer = 0, inner_count = 0, outer_count = 0, lit = 0;
  for (std::size_t i = 0; i < subject.image.size(); ++i) {
    if (subject.labels[i] == 1) {
      inner += subject.image[i];
      ++inner_count;
    } else if (subject.labels[i] == 2) {
      outer += subject.image[i];
      ++outer_count;
    }
    if (subject.labels[i] > 0 && subject.image[i] > 0) ++lit;
  }
  EXPECT_GT(inner / inner_count, 1.15 * outer / outer_count);
  EXPECT_GT(lit, 0.99 * (inner_count + outer_count));
  EXPECT_GT(subject.displacement_mm, 1);
}

TEST(VirtualSubjects, WithoutAnyRangeAreTheHeadItself) {
  const Head head = BallHead();
  const Grid grid = SubjectGrid(head.image, 4);
  const Deformation deformation = DrawDeformation(5, 2, {0, 0, 0, 0, 24, 18, 35}, grid);
  const Vector3 point = {3, 4, 5};
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(deformation(point)[i], point[i], 1e-12);
  EXPECT_NEAR(deformation.Jacobian(point), 1, 1e-12);
}

TEST(VirtualSubjects, TheAtlasIsMergedIntoTwelveRegionsByLobeAndSide) {
  std::set<std::int32_t> regions;
  for (std::int32_t label = 1; label <= 108; ++label) {
    regions.insert(RegionOfAal(label));
    EXPECT_EQ(RegionOfAal(label) % 2, label % 2) << label;
  }
  EXPECT_EQ(regions.size(), RegionNames().size());
  EXPECT_EQ(RegionOfAal(0), 0);
  EXPECT_EQ(RegionOfAal(112), 0);
}

}  // namespace
}  // namespace gvsl::demo
