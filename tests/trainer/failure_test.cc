#include "worker/trainer/failure.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <functional>
#include <new>
#include <stdexcept>

namespace gvsl::trainer {
namespace {

Status ErrorOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    return FromException(error);
  }
  return OkStatus();
}

TEST(Failure, MemoryThatIsShortIsTheWorkersOwnTrouble) {
  const Status from_torch = ErrorOf([] { at::empty({std::int64_t{1} << 50}); });
  const Status from_library = ErrorOf([] { throw std::bad_alloc(); });
  for (const Status& error : {from_torch, from_library}) {
    EXPECT_EQ(error.code(), StatusCode::kResourceExhausted) << error;
    EXPECT_TRUE(IsOwnTrouble(error));
  }
}

TEST(Failure, WhatLibTorchRefusesIsSharedByAll) {
  const Status error = ErrorOf([] { at::ones({2, 3}).matmul(at::ones({2, 3})); });
  EXPECT_EQ(error.code(), StatusCode::kInternal);
  EXPECT_NE(error.message().find("LibTorch: "), std::string::npos) << error;
  EXPECT_EQ(error.message().find("frame #"), std::string::npos) << error;
  EXPECT_FALSE(IsOwnTrouble(error));
  EXPECT_FALSE(IsOwnTrouble(ErrorOf([] { throw std::runtime_error("a bug"); })));
}

TEST(Failure, WhatOneMachineSeesOfADiskIsItsOwnTrouble) {
  EXPECT_TRUE(IsOwnTrouble(ErrnoError(EIO, "read")));
  EXPECT_TRUE(IsOwnTrouble(ErrnoError(ENOENT, "open")));
  EXPECT_TRUE(IsOwnTrouble(ErrnoError(EACCES, "open")));
  EXPECT_TRUE(IsOwnTrouble(ErrnoError(ENOSPC, "write")));
}

TEST(Failure, WhatTheDataOrTheArithmeticSayIsSharedByAll) {
  EXPECT_FALSE(IsOwnTrouble(DataLossError("shard-00001 is not what the manifest says")));
  EXPECT_FALSE(IsOwnTrouble(FailedPreconditionError("the loss is not finite")));
  EXPECT_FALSE(IsOwnTrouble(InvalidArgumentError("slots")));
}

}  // namespace
}  // namespace gvsl::trainer
