// The conformance suite that every implementation of Communicator passes. A test program links
// communicator_conformance.cc and names its implementation with
//   INSTANTIATE_TEST_SUITE_P(Local, CommunicatorConformance,
//   AllWorldSizes(MakeLocalCommunicators));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "worker/collective/communicator.h"

namespace gvsl::collective {

// By rank; null where the rank lives in another process.
using Gang = std::vector<std::unique_ptr<Communicator>>;

struct ConformanceParameter {
  std::function<Gang(int ranks)> make;
  int ranks = 1;
  std::string skip = "";  // why this world cannot be had here; empty: it can

  friend void PrintTo(const ConformanceParameter& parameter, std::ostream* out) {
    *out << parameter.ranks << " ranks";
  }
};

inline auto WorldSizes(std::function<Gang(int)> make, int smallest) {
  std::vector<ConformanceParameter> parameters;
  for (int ranks = smallest; ranks <= 8; ++ranks) parameters.push_back({make, ranks});
  return testing::ValuesIn(parameters);
}

inline std::string RanksName(const testing::TestParamInfo<ConformanceParameter>& info) {
  return std::to_string(info.param.ranks) + "Ranks";
}

inline int RanksHere(const Gang& gang) {
  int count = 0;
  for (const auto& communicator : gang) count += communicator != nullptr ? 1 : 0;
  return count;
}

// Calls `verb` on a thread a rank and returns what each gave. Ranks without a communicator take no
// part and count as OK.
inline std::vector<Status> OnEveryRank(Gang& gang,
                                       const std::function<Status(Communicator&)>& verb) {
  std::vector<Status> results(gang.size());
  std::vector<std::jthread> threads;
  for (std::size_t rank = 0; rank < gang.size(); ++rank) {
    if (gang[rank] == nullptr) continue;
    threads.emplace_back([&, rank] { results[rank] = verb(*gang[rank]); });
  }
  threads.clear();
  return results;
}

class CommunicatorConformance : public testing::TestWithParam<ConformanceParameter> {
 protected:
  void SetUp() override {
    if (!GetParam().skip.empty()) GTEST_SKIP() << GetParam().skip;
  }
  int ranks() const { return GetParam().ranks; }
  // Every process that has ranks of the gang makes it, and calls the same verbs.
  Gang MakeGang() const { return GetParam().make(ranks()); }
};

// What needs at least two ranks.
class GangConformance : public CommunicatorConformance {};

#define GVSL_INSTANTIATE_CONFORMANCE(name, make)                                           \
  INSTANTIATE_TEST_SUITE_P(name, CommunicatorConformance, WorldSizes(make, 1), RanksName); \
  INSTANTIATE_TEST_SUITE_P(name, GangConformance, WorldSizes(make, 2), RanksName)

}  // namespace gvsl::collective
