#include "worker/trainer/numeric_class.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace gvsl::trainer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

NumericFacts Facts() {
  NumericFacts facts;
  facts.capability = "avx512";
  facts.processor = "GenuineIntel-6-207";
  facts.isa = "avx512_core_fp16";
  facts.torch = "2.11.0";
  facts.onednn = "3.10.2";
  facts.mkl = "2024.2";
  facts.glibc = "2.36";
  return facts;
}

TEST(NumericClass, NamesWhatBitsDependOn) {
  EXPECT_EQ(NumericClassName(Facts()),
            "cpu/avx512/GenuineIntel-6-207/torch-2.11.0/onednn-3.10.2-avx512_core_fp16/"
            "mkl-2024.2/glibc-2.36");
}

TEST(NumericClass, EveryFactMakesAnotherClass) {
  std::string NumericFacts::*const fields[] = {&NumericFacts::capability, &NumericFacts::processor,
                                               &NumericFacts::isa,        &NumericFacts::torch,
                                               &NumericFacts::onednn,     &NumericFacts::mkl,
                                               &NumericFacts::glibc};
  for (const auto field : fields) {
    NumericFacts other = Facts();
    (other.*field) += "9";
    EXPECT_NE(NumericClassName(other), NumericClassName(Facts()));
  }
}

TEST(NumericClass, AGpuStandsBeforeTheProcessorThatDrawsForIt) {
  NumericFacts facts = Facts();
  facts.gpu = "NVIDIA_H100_80GB_HBM3-9.0/cuda-13.0/cudnn-91900";
  EXPECT_EQ(NumericClassName(facts),
            "cuda/NVIDIA_H100_80GB_HBM3-9.0/cuda-13.0/cudnn-91900/" + NumericClassName(Facts()));
}

TEST(NumericClass, OverridesFromTheEnvironmentAreNamed) {
  NumericFacts facts = Facts();
  facts.overrides = {{"MKL_CBWR", "COMPATIBLE"}, {"ONEDNN_MAX_CPU_ISA", "AVX2 /x"}};
  EXPECT_THAT(NumericClassName(facts),
              HasSubstr("/MKL_CBWR=COMPATIBLE/ONEDNN_MAX_CPU_ISA=AVX2__x"));
}

TEST(NumericClass, WhatALibraryLacksIsLeftOut) {
  NumericFacts facts = Facts();
  facts.mkl = facts.glibc = facts.onednn = "";
  EXPECT_EQ(NumericClassName(facts), "cpu/avx512/GenuineIntel-6-207/torch-2.11.0");
}

TEST(NumericClass, VersionsAreFoundInSentences) {
  EXPECT_EQ(VersionIn("Intel(R) MKL-DNN v3.10.2 (Git Hash f1d4719)"), "3.10.2");
  EXPECT_EQ(VersionIn("Math Kernel Library Version 2024.2-Product Build 20240605"), "2024.2");
  EXPECT_EQ(VersionIn("MKL not found"), "");
  EXPECT_EQ(VersionIn(""), "");
}

TEST(NumericClass, OfThisMachineIsOneWordAndFollowsTheEnvironment) {
  const std::string name = NumericClass();
  EXPECT_EQ(name, NumericClass());
  EXPECT_THAT(name, Not(HasSubstr(" ")));
  EXPECT_THAT(name, HasSubstr("/onednn-3."));
  EXPECT_THAT(name, HasSubstr("/glibc-2."));
  ASSERT_EQ(::setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1), 0);
  EXPECT_EQ(NumericClass(), name + "/ONEDNN_MAX_CPU_ISA=AVX2");
  ::unsetenv("ONEDNN_MAX_CPU_ISA");
}

}  // namespace
}  // namespace gvsl::trainer
