#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/affine_map.h"
#include "model/gvsl_network.h"
#include "model/losses.h"
#include "model/trilinear_sampler.h"
#include "tests/model/golden.h"

namespace gvsl::model {
namespace {

using at::indexing::Slice;

// Largest allowed deviations; relative L2 unless said otherwise.
struct Bounds {
  double losses;
  double features;      // largest absolute
  double affine;        // raw values and matrix
  double displacement;  // largest absolute, voxels
  double volumes;       // warped and restored
  double worst_gradient;
  double median_gradient;
};

constexpr Bounds kFloat32 = {3e-5, 1e-3, 5e-5, 5e-4, 1e-4, 5e-2, 5e-3};
// Tensors are stored as float32, tables and losses as float64.
constexpr Bounds kFloat64 = {1e-11, 5e-6, 1e-11, 2e-6, 2e-7, 1e-8, 1e-10};

// Everything a case of the golden vectors tells about one forward and backward pass.
struct Run {
  NetworkOutput output;
  at::Tensor warped;
  at::Tensor losses;  // ncc, smooth, restoration, total
  NamedTensors parameters;
};

Run RunCase(const std::string& name, at::ScalarType dtype) {
  NetworkOptions options;
  options.dtype = dtype;
  const GvslNetwork network(options);
  FillGoldenParameters(network.parameters());
  const at::Tensor fixed = GoldenVolumes(name, 'A').to(dtype);
  const at::Tensor moving = GoldenVolumes(name, 'B').to(dtype);
  Run run;
  run.output = network.Forward(GoldenVolumes(name, 'X').to(dtype), moving);
  run.warped = WarpByField(moving, run.output.matching.field);
  const at::Tensor ncc = NccLoss(run.warped, fixed);
  const at::Tensor smooth = SmoothLoss(run.output.matching.displacement);
  const at::Tensor restoration = RestorationLoss(run.output.restored, fixed);
  const at::Tensor total = ncc + smooth + restoration;
  total.backward();
  run.losses = at::stack({ncc, smooth, restoration, total}).detach().to(at::kDouble);
  run.parameters = network.parameters();
  return run;
}

at::Tensor EveryFourth(const at::Tensor& x, bool channels, bool space) {
  const Slice fourth(at::indexing::None, at::indexing::None, 4);
  const Slice all;
  const Slice c = channels ? fourth : all;
  const Slice s = space ? fourth : all;
  return x.detach().index({all, c, s, s, s});
}

at::Tensor Statistics(const at::Tensor& x) {
  const at::Tensor values = x.detach().to(at::kDouble);
  return at::stack({values.mean(), values.std(/*unbiased=*/false), values.abs().sum()});
}

void ExpectFeatures(const Run& run, const GoldenFile& golden, const Bounds& bounds) {
  const auto expect = [&](const at::Tensor& value, const std::string& name) {
    EXPECT_LE(LargestDifference(value, golden.Read(name + ".sub")), bounds.features) << name;
  };
  const NetworkOutput& output = run.output;
  expect(EveryFourth(output.fixed.global, true, false), "f_g_A");
  expect(EveryFourth(output.moving.global, true, false), "f_g_B");
  expect(EveryFourth(output.fixed.local, true, true), "f_l_A");
  expect(EveryFourth(output.moving.local, true, true), "f_l_B");
  expect(EveryFourth(output.matching.aligned, true, true), "f_l_B_affine");
  expect(EveryFourth(output.matching.field, false, true), "fused");
  const auto expect_statistics = [&](const at::Tensor& value, const std::string& name) {
    EXPECT_LE(RelativeL2(Statistics(value), golden.Read(name + ".stats")), bounds.volumes) << name;
  };
  expect_statistics(output.fixed.global, "f_g_A");
  expect_statistics(output.moving.global, "f_g_B");
  expect_statistics(output.fixed.local, "f_l_A");
  expect_statistics(output.moving.local, "f_l_B");
  expect_statistics(output.matching.field, "fused");
}

void ExpectAlignment(const Run& run, const GoldenFile& golden, const Bounds& bounds) {
  const Matching& matching = run.output.matching;
  EXPECT_LE(RelativeL2(matching.raw, golden.Read("affine.raw")), bounds.affine);
  EXPECT_LE(RelativeL2(LimitAffine(matching.raw), golden.Read("affine.limited")), bounds.affine);
  EXPECT_LE(RelativeL2(matching.matrix, golden.Read("affine.matrix")), bounds.affine);
  EXPECT_LE(LargestDifference(matching.displacement, golden.Read("displacement")),
            bounds.displacement);
  EXPECT_LE(RelativeL2(run.output.restored, golden.Read("restored")), bounds.volumes);
  EXPECT_LE(RelativeL2(run.warped, golden.Read("warped_B")), bounds.volumes);
}

void ExpectLosses(const Run& run, const GoldenFile& golden, const Bounds& bounds) {
  const at::Tensor expected = golden.Read("losses")[0];
  for (int k = 0; k < 4; ++k) {
    const double value = expected[k].item<double>();
    EXPECT_NEAR(run.losses[k].item<double>(), value, bounds.losses * value) << "loss " << k;
  }
}

// How far a gradient is from its row (has_gradient, L2 norm, sum, first 8): the worst of norm, sum
// and first elements.
double GradientError(const at::Tensor& parameter, const at::Tensor& row) {
  const at::Tensor gradient = parameter.grad().to(at::kDouble).flatten();
  const double norm = row[1].item<double>();
  const double root = std::sqrt(static_cast<double>(gradient.numel()));
  const auto count = std::min<std::int64_t>(8, gradient.numel());
  const at::Tensor first = row.narrow(0, 3, count);
  const double scale = std::max(first.abs().max().item<double>(), norm / root);
  const double of_norm = std::abs(gradient.norm().item<double>() - norm) / norm;
  const double of_sum =
      std::abs(gradient.sum().item<double>() - row[2].item<double>()) / norm / root;
  const double of_first = LargestDifference(gradient.narrow(0, 0, count), first) / scale;
  return std::max({of_norm, of_sum, of_first});
}

void ExpectGradients(const Run& run, const GoldenFile& golden, const Bounds& bounds) {
  const at::Tensor rows = golden.Read("grads");
  ASSERT_EQ(run.parameters.size(), 104U);
  ASSERT_EQ(rows.size(0), 104);
  std::vector<double> errors;
  for (std::size_t k = 0; k < run.parameters.size(); ++k) {
    const auto& [name, parameter] = run.parameters[k];
    const at::Tensor row = rows[static_cast<std::int64_t>(k)];
    ASSERT_EQ(row[0].item<double>(), 1) << name;
    ASSERT_TRUE(parameter.grad().defined()) << name;
    errors.push_back(GradientError(parameter, row));
    EXPECT_LE(errors.back(), bounds.worst_gradient) << name;
  }
  std::sort(errors.begin(), errors.end());
  const double median = (errors[51] + errors[52]) / 2;
  EXPECT_LE(median, bounds.median_gradient);
  std::cout << "gradient error: worst " << errors.back() << ", median " << median << "\n";
}

void ExpectCase(const std::string& name, at::ScalarType dtype, const Bounds& bounds) {
  const Run run = RunCase(name, dtype);
  const GoldenFile golden(name + "_corrected.safetensors");
  ExpectFeatures(run, golden, bounds);
  ExpectAlignment(run, golden, bounds);
  ExpectLosses(run, golden, bounds);
  ExpectGradients(run, golden, bounds);
}

TEST(GoldenInputs, VolumesOfTheFormulasHaveTheListedChecksums) {
  const nlohmann::json cases = GoldenIndex()["cases"];
  for (const std::string name : {"main", "odd"}) {
    for (const char role : {'A', 'X', 'B'}) {
      const nlohmann::json& expected = cases[name]["inputs"][std::string(1, role)]["crc32"];
      EXPECT_EQ(Crc32OfFloats(GoldenVolumes(name, role)), expected.get<std::uint32_t>())
          << name << " " << role;
    }
  }
}

TEST(GoldenInputs, ParametersHaveTheReleasedNamesShapesOrderAndTheListedChecksums) {
  const GvslNetwork network(NetworkOptions{});
  FillGoldenParameters(network.parameters());
  const nlohmann::json expected = GoldenIndex()["params"];
  ASSERT_EQ(network.parameters().size(), expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const auto& [name, parameter] = network.parameters()[k];
    ASSERT_EQ(name, expected[k]["name"].get<std::string>());
    ASSERT_EQ(parameter.sizes().vec(), expected[k]["shape"].get<std::vector<std::int64_t>>())
        << name;
    EXPECT_EQ(Crc32OfFloats(parameter.detach()), expected[k]["crc32"].get<std::uint32_t>()) << name;
  }
}

TEST(GoldenNetwork, MeetsABatchOfTwoInFloat32) { ExpectCase("main", at::kFloat, kFloat32); }

TEST(GoldenNetwork, MeetsABatchOfTwoInFloat64) { ExpectCase("main", at::kDouble, kFloat64); }

TEST(GoldenNetwork, MeetsOddSizesInFloat32) { ExpectCase("odd", at::kFloat, kFloat32); }

TEST(GoldenNetwork, MeetsOddSizesInFloat64) { ExpectCase("odd", at::kDouble, kFloat64); }

}  // namespace
}  // namespace gvsl::model
