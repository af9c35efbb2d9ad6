#include "tests/collective/mpi_gang.h"

namespace gvsl::collective {
namespace {

[[maybe_unused]] const auto* const kAtEnd =
    testing::AddGlobalTestEnvironment(new LeavesMpiAtTheEnd);

auto Worlds(int smallest) {
  std::vector<ConformanceParameter> parameters;
  const bool alone = LaunchSize() == 1;
  for (int ranks = smallest; ranks <= 8; ++ranks) {
    if (alone || ranks == LaunchSize()) parameters.push_back({MakeMpiCommunicators, ranks});
  }
  return testing::ValuesIn(parameters);
}

INSTANTIATE_TEST_SUITE_P(Mpi, CommunicatorConformance, Worlds(1), RanksName);
INSTANTIATE_TEST_SUITE_P(Mpi, GangConformance, Worlds(2), RanksName);

}  // namespace
}  // namespace gvsl::collective
