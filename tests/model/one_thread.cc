// Linked into every test program of this room: ctest runs several at once, so each takes one
// thread; tests that want more say so.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace {

class OneThread : public testing::Environment {
 public:
  void SetUp() override { at::set_num_threads(1); }
};

const auto* const kEnvironment = testing::AddGlobalTestEnvironment(new OneThread);

}  // namespace
