// Methods that learn to name something: turns, and clusters.
#include <cmath>
#include <set>

#include "model/augmentation.h"
#include "model/methods/clustering.h"
#include "tests/model/method_fixture.h"

namespace gvsl::model {
namespace {

const std::function<bool()> kGoOn = [] { return true; };

TEST(Rotation, EveryTurnOccursAndShowsACube) {
  const auto method = Make("rotation");
  std::set<std::int64_t> turns;
  for (std::uint32_t item = 0; item < 60; ++item) {
    const Inputs inputs = method->Augment(Samples(0, item));
    turns.insert(inputs.at("turn").item<std::int64_t>());
    EXPECT_EQ(inputs.at("volume").sizes(), at::IntArrayRef({1, 1, 20, 20, 20})) << "a cube";
  }
  EXPECT_EQ(turns.size(), 10U);
  EXPECT_EQ(*turns.rbegin(), 9);
}

// The planes at both ends of each axis tell how a cube lies: the blob volumes have no symmetry.
TEST(Rotation, ATurnedVolumeIsTurned) {
  const auto method = Make("rotation");
  std::set<std::int64_t> turned;
  for (std::uint32_t step = 0; step < 200 && turned.size() < 9; ++step) {
    auto samples = Samples(0, 0);
    samples[0].key.step = step;
    const Inputs inputs = method->Augment(samples);
    const std::int64_t turn = inputs.at("turn").item<std::int64_t>();
    if (turn == 0) continue;
    const std::int64_t axis = (turn - 1) / 3;
    // The same draws without the turn: turned back, it is what another network would have seen.
    const at::Tensor back = at::rot90(inputs.at("volume"), -((turn - 1) % 3 + 1),
                                      {2 + (axis + 1) % 3, 2 + (axis + 2) % 3});
    const at::Tensor clean = WarpTogether({samples[0].a}, samples[0].key, at::kCPU);
    bool found = false;  // at one of the places where the cube may have been cut
    for (std::int64_t y = 0; y < 2; ++y) {
      for (std::int64_t x = 0; x < 3; ++x) {
        const at::Tensor cube = clean.narrow(3, y, 20).narrow(4, x, 20);
        found = found || at::equal(cube, back);
        EXPECT_FALSE(at::equal(cube, inputs.at("volume"))) << "turn " << turn;
      }
    }
    EXPECT_TRUE(found) << "turn " << turn;
    turned.insert(turn);
  }
  EXPECT_EQ(turned.size(), 9U);
}

TEST(Rotation, AnUntrainedNetworkGuessesAmongTen) {
  const auto method = Make("rotation");
  const auto outcome = method->Forward(method->Augment(Samples(0, 3)));
  EXPECT_NEAR(Part(outcome, "cross_entropy"), std::log(10), 1.5);
}

TEST(WhitenedRows, AreUncorrelatedAndOfLengthOne) {
  const at::Tensor mixed = at::mm(Noise({200, 3}, 1), Noise({3, 8}, 2));
  const at::Tensor rows = WhitenedRows(mixed, 3);
  EXPECT_EQ(rows.sizes(), at::IntArrayRef({200, 3}));
  EXPECT_LT((rows.square().sum(1) - 1).abs().max().item<double>(), 1e-9);
  const at::Tensor covariance = at::mm(rows.t(), rows) / 200;
  const at::Tensor off_diagonal = covariance - at::diag(at::diag(covariance));
  EXPECT_LT(off_diagonal.abs().max().item<double>(), 0.1);
}

TEST(KMeans, FindsGroupsThatLieApart) {
  std::vector<at::Tensor> groups;
  for (int group = 0; group < 4; ++group) {
    groups.push_back(Noise({10, 2}, group).to(at::kDouble) * 0.1 +
                     at::tensor({double(group % 2), double(group / 2)}, at::kDouble));
  }
  Philox draws(1, DrawPurpose::kClusters, 0, 0);
  const auto clusters = KMeans(at::cat(groups, 0), 4, draws, kGoOn);
  std::set<std::int64_t> seen;
  for (int group = 0; group < 4; ++group) {
    seen.insert(clusters[10 * group]);
    for (int k = 0; k < 10; ++k) EXPECT_EQ(clusters[10 * group + k], clusters[10 * group]);
  }
  EXPECT_EQ(seen.size(), 4U);
}

TEST(KMeans, LeavesNoClusterEmptyEvenWhenPointsCoincide) {
  Philox draws(1, DrawPurpose::kClusters, 0, 0);
  const auto clusters = KMeans(at::zeros({6, 2}, at::kDouble), 6, draws, kGoOn);
  EXPECT_EQ(std::set<std::int64_t>(clusters.begin(), clusters.end()).size(), 6U);
}

TEST(KMeans, StopsWhenToldTo) {
  Philox draws(1, DrawPurpose::kClusters, 0, 0);
  int asked = 0;
  KMeans(Noise({200, 4}, 1).to(at::kDouble), 100, draws, [&] { return ++asked < 3; });
  EXPECT_EQ(asked, 4) << "once more after the seeds";
}

TEST(ClusteringPeriod, IsOfWholeRoundsAndOfAtLeastFiveHundredSteps) {
  EXPECT_EQ(ClusteringPeriod(302, 8), 532U);  // 14 rounds of 38
  EXPECT_EQ(ClusteringPeriod(10'000, 8), 1250U);
  EXPECT_EQ(ClusteringPeriod(2, 64), 500U);
}

class DeepClusterTest : public ::testing::Test {
 protected:
  DeepClusterTest() {
    MethodOptions options = Options("deepcluster");
    options.volumes = 40;
    method_ = Make(options);
    survey_ = method_->SurveysAt(0).at(0);
    descriptions_ = Noise({40, survey_.floats}, 9);
  }
  at::Tensor Classifier() { return Named(method_->NamedParameters(), "classifier.weight"); }
  at::Tensor Clusters() { return Named(method_->NamedState(), "clusters"); }

  std::unique_ptr<Method> method_;
  Survey survey_;
  at::Tensor descriptions_;
};

TEST_F(DeepClusterTest, ARoundGivesEveryVolumeAClusterAndBeginsTheClassifierAnew) {
  EXPECT_EQ(Classifier().size(0), 4) << "a tenth as many clusters as volumes";
  const at::Tensor before = Classifier().clone();
  EXPECT_THAT(method_->TakeDescriptions(1, survey_, descriptions_, kGoOn),
              ::testing::ElementsAre("classifier.weight", "classifier.bias"));
  EXPECT_FALSE(at::equal(Classifier(), before));
  EXPECT_GE(Clusters().min().item<float>(), 0);
  EXPECT_EQ(Clusters().max().item<float>(), 3);
}

TEST_F(DeepClusterTest, TheSameRoundAgainIsTheSame) {
  method_->TakeDescriptions(1, survey_, descriptions_, kGoOn);
  const at::Tensor classifier = Classifier().clone();
  const at::Tensor clusters = Clusters().clone();
  method_->TakeDescriptions(2, survey_, descriptions_.flip(0), kGoOn);
  EXPECT_FALSE(at::equal(Classifier(), classifier));
  method_->TakeDescriptions(1, survey_, descriptions_, kGoOn);
  EXPECT_TRUE(at::equal(Classifier(), classifier));
  EXPECT_TRUE(at::equal(Clusters(), clusters));
}

TEST_F(DeepClusterTest, AVolumeIsToBeNamedByItsClusterAndSmallClustersWeighMore) {
  Clusters().zero_();
  Clusters().narrow(0, 5, 1).fill_(2);
  const Inputs big = method_->Augment(Samples(0, 3));
  Inputs small = method_->Augment(Samples(0, 5));
  EXPECT_EQ(big.at("cluster").item<std::int64_t>(), 0);
  EXPECT_EQ(small.at("cluster").item<std::int64_t>(), 2);
  small["volume"] = big.at("volume");
  const auto share = [&](const Inputs& inputs) {
    // The classifier says the same of everything: the loss is the weight times a constant.
    const at::NoGradGuard no_graph;
    Classifier().zero_();
    Named(method_->NamedParameters(), "classifier.bias").zero_();
    return Part(method_->Forward(inputs), "cross_entropy");
  };
  EXPECT_NEAR(share(small) / share(big), 39, 1e-3);
}

TEST_F(DeepClusterTest, DescribesAVolumeByItsPooledBottleneck) {
  const at::Tensor row = method_->Describe(survey_, {Noise({1, 20, 21, 22}, 3)}, nullptr, kGoOn);
  EXPECT_EQ(row.sizes(), at::IntArrayRef({survey_.floats}));
  EXPECT_FALSE(row.requires_grad());
}

}  // namespace
}  // namespace gvsl::model
