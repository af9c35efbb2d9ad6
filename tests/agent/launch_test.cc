#include "worker/agent/launch.h"

#include <gmock/gmock.h>

#include <map>

namespace gvsl::agent {
namespace {

using testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

StatusOr<Launch> Find(const Variables& variables, const std::string& gang_id = "") {
  return FindLaunch(
      [&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
      },
      gang_id);
}

const Variables kOpenMpi = {
    {"OMPI_COMM_WORLD_RANK", "2"},
    {"OMPI_COMM_WORLD_SIZE", "4"},
    {"PMIX_NAMESPACE", "1136197633"},
    {"OMPI_MCA_orte_precondition_transports", "4b91ec6ec19b2278-848f6e1f26b130bc"}};
const Variables kSlurm = {{"SLURM_PROCID", "3"},
                          {"SLURM_STEP_NUM_TASKS", "8"},
                          {"SLURM_JOB_ID", "77"},
                          {"SLURM_STEP_ID", "0"}};

void ExpectPlace(const StatusOr<Launch>& launch, const std::string& id, std::uint32_t rank,
                 std::uint32_t size) {
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_EQ(launch->id, id);
  EXPECT_EQ(launch->rank, rank);
  EXPECT_EQ(launch->size, size);
}

TEST(Launch, OfOpenMpiIsNamedByItsRandomKey) {
  ExpectPlace(Find(kOpenMpi), "mpi-4b91ec6ec19b2278", 2, 4);
  Variables without = kOpenMpi;
  without.erase("OMPI_MCA_orte_precondition_transports");
  ExpectPlace(Find(without), "mpi-1136197633", 2, 4);
}

TEST(Launch, OfMpirunWithinSlurmIsMpiruns) {
  Variables both = kOpenMpi;
  both.insert(kSlurm.begin(), kSlurm.end());
  ExpectPlace(Find(both), "mpi-4b91ec6ec19b2278", 2, 4);
}

TEST(Launch, OfSrunIsNamedByItsStepAndTheRestartsOfItsJob) {
  ExpectPlace(Find(kSlurm), "slurm-77.0.0", 3, 8);
  Variables requeued = kSlurm;
  requeued["SLURM_RESTART_COUNT"] = "2";
  ExpectPlace(Find(requeued), "slurm-77.0.2", 3, 8);
}

TEST(Launch, ABatchScriptOfSlurmIsNoRank) {
  Variables script = kSlurm;
  script.erase("SLURM_STEP_ID");
  EXPECT_EQ(Find(script).status().code(), StatusCode::kInvalidArgument);
}

TEST(Launch, WithoutAnIdNeedsOne) {
  const Variables pmi = {{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}};
  EXPECT_THAT(Find(pmi).status().message(), HasSubstr("--gang-id"));
  ExpectPlace(Find(pmi, "mine"), "mine", 0, 2);
  ExpectPlace(Find(kOpenMpi, "two words"), "two-words", 2, 4);
}

TEST(Launch, WithoutALauncherIsRefused) {
  const Status refused = Find({}, "mine").status();
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("mpirun -n 1"));
}

TEST(Launch, APlaceThatIsNoneIsRefused) {
  for (const auto& [rank, size] : {std::pair("4", "4"), std::pair("0", "0")}) {
    Variables wrong = kOpenMpi;
    wrong["OMPI_COMM_WORLD_RANK"] = rank;
    wrong["OMPI_COMM_WORLD_SIZE"] = size;
    EXPECT_EQ(Find(wrong).status().code(), StatusCode::kInvalidArgument) << rank << "/" << size;
  }
}

}  // namespace
}  // namespace gvsl::agent
