// Linked into every test program of this room: ctest runs several at once, so each takes one
// thread; tests that want more say so. Freed memory is kept, since the float64 cases would spend
// half their time in page faults.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "model/memory.h"

namespace {

class OneThread : public testing::Environment {
 public:
  void SetUp() override {
    gvsl::model::KeepFreedMemory();
    at::set_num_threads(1);
  }
};

const auto* const kEnvironment = testing::AddGlobalTestEnvironment(new OneThread);

}  // namespace
