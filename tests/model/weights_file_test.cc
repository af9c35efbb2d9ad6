#include "model/weights_file.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/text.h"
#include "model/gvsl_network.h"
#include "model/initial_weights.h"

namespace gvsl::model {
namespace {

using testing::HasSubstr;

class WeightsFile : public testing::Test {
 protected:
  WeightsFile()
      : directory_(testing::TempDir() + "weights_" +
                   testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::create_directories(directory_);
  }
  ~WeightsFile() override { std::filesystem::remove_all(directory_); }

  std::string Path() const { return directory_ + "/w.safetensors"; }
  Status Save(const NamedTensors& weights) const { return SaveWeights(files_, Path(), weights); }
  Status Load(const NamedTensors& weights) const { return LoadWeights(files_, Path(), weights); }

  std::string directory_;
  FileSystem& files_ = PosixFileSystem();
};

NamedTensors Some(at::ScalarType dtype = at::kFloat) {
  return {{"a.weight", at::ones({2, 3}, dtype)}, {"b", at::full({4}, 0.1, dtype)}};
}

TEST_F(WeightsFile, BringsANetworkBackBitByBit) {
  NetworkOptions options;
  options.width = 8;
  const GvslNetwork saved(options);
  FillInitialWeights(saved.parameters(), 1);
  ASSERT_TRUE(Save(saved.parameters()).ok());
  const GvslNetwork loaded(options);
  const Status status = Load(loaded.parameters());
  ASSERT_TRUE(status.ok()) << status;
  for (std::size_t k = 0; k < saved.parameters().size(); ++k) {
    const auto& [name, tensor] = saved.parameters()[k];
    EXPECT_TRUE(at::equal(tensor, loaded.parameters()[k].second)) << name;
    EXPECT_TRUE(loaded.parameters()[k].second.requires_grad()) << name;
  }
}

TEST_F(WeightsFile, KeepsTheTypeOfTheNetworkThatLoads) {
  ASSERT_TRUE(Save(Some(at::kFloat)).ok());
  NamedTensors loaded = {{"a.weight", at::zeros({2, 3}, at::kDouble)},
                         {"b", at::zeros({4}, at::kDouble)}};
  ASSERT_TRUE(Load(loaded).ok());
  EXPECT_EQ(loaded[1].second.scalar_type(), at::kDouble);
  EXPECT_EQ(loaded[1].second[0].item<double>(), static_cast<double>(0.1F));
}

TEST_F(WeightsFile, NamesATensorThatIsMissingAndChangesNothing) {
  ASSERT_TRUE(Save(Some()).ok());
  NamedTensors wanted = Some();
  wanted[0].second.zero_();
  wanted.emplace_back("c.bias", at::zeros({1}));
  const Status status = Load(wanted);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("c.bias is missing"));
  EXPECT_EQ(wanted[0].second.sum().item<float>(), 0);
}

TEST_F(WeightsFile, NamesATensorThatIsLeftOver) {
  ASSERT_TRUE(Save(Some()).ok());
  const Status status = Load({Some()[0]});
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("tensor b "));
}

TEST_F(WeightsFile, NamesATensorOfAnotherShapeWithBothShapes) {
  ASSERT_TRUE(Save(Some()).ok());
  const Status status = Load({Some()[0], {"b", at::zeros({5})}});
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("tensor b has shape (4), wanted (5)"));
}

TEST_F(WeightsFile, RefusesToWriteWhatIsNotDenseOrOccursTwice) {
  EXPECT_THAT(Save({{"t", at::ones({2, 3}).t()}}).message(), HasSubstr("tensor t"));
  EXPECT_THAT(Save({{"t", at::ones({2})}, {"t", at::ones({2})}}).message(), HasSubstr("twice"));
}

TEST_F(WeightsFile, NamesTheFileThatIsNotThere) {
  const Status status = Load(Some());
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("w.safetensors"));
}

}  // namespace
}  // namespace gvsl::model
