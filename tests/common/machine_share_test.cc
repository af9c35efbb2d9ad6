#include "common/machine_share.h"

#include <gtest/gtest.h>

#include <map>

#include "common/fault_file_system.h"

namespace gvsl {
namespace {

using Groups = std::vector<std::string>;

TEST(MachineShare, AQuotaIsRoundedUp) {
  EXPECT_EQ(ProcessorsOfQuota("150000", "100000\n"), 2U);
  EXPECT_EQ(ProcessorsOfQuota("200000", "100000"), 2U);
  EXPECT_EQ(ProcessorsOfQuota("1000", "100000"), 1U);
  for (const char* none : {"max", "-1", "", "x"}) EXPECT_FALSE(ProcessorsOfQuota(none, "100000"));
  EXPECT_FALSE(ProcessorsOfQuota("1000", "0"));
  EXPECT_FALSE(ProcessorsOfQuota("1000", ""));
}

TEST(MachineShare, GroupsAboveCountToo) {
  EXPECT_EQ(ControlGroups("0::/a/b\n", "cpu"),
            (Groups{"/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"}));
  EXPECT_EQ(ControlGroups("0::/", "memory"), Groups{"/sys/fs/cgroup"});
  EXPECT_EQ(ControlGroups("5:memory:/x\n4:cpu,cpuacct:/y\n1:name=systemd:/z\n", "cpu"),
            (Groups{"/sys/fs/cgroup/cpu/y", "/sys/fs/cgroup/cpu"}));
  for (const char* nothing : {"", "\n\n", "0", "0:", "4:cpuset:/y"}) {
    EXPECT_TRUE(ControlGroups(nothing, "cpu").empty()) << nothing;
  }
}

TEST(MachineShare, NumbersStandBehindTheirName) {
  const std::string text = "inactive_files 3\ninactive_file 42\ntotal_inactive_file 43\n";
  EXPECT_EQ(NumberBehind(text, "inactive_file"), 42U);
  EXPECT_EQ(NumberBehind(text, "total_inactive_file"), 43U);
  EXPECT_EQ(NumberBehind("MemAvailable:   12 kB", "MemAvailable:"), 12U);
  EXPECT_FALSE(NumberBehind(text, "active_file"));
  EXPECT_FALSE(NumberBehind("inactive_file", "inactive_file"));
}

class GroupsOnDisk : public ::testing::Test {
 protected:
  void Write(const std::map<std::string, std::string>& content) {
    for (const auto& [path, text] : content) {
      ASSERT_TRUE(files_.CreateDirectories(ParentPath(path)).ok());
      ASSERT_TRUE((*files_.Create(path))->Append(text).ok());
    }
  }
  FaultFileSystem files_;
};

TEST_F(GroupsOnDisk, TheLeastOfAllLimitsCounts) {
  Write({{"/proc/self/cgroup", "0::/box/job\n"},
         {"/proc/meminfo", "MemTotal: 9000 kB\nMemAvailable: 8000 kB\n"},
         {"/sys/fs/cgroup/box/job/cpu.max", "max 100000\n"},
         {"/sys/fs/cgroup/box/cpu.max", "100000 100000\n"},
         {"/sys/fs/cgroup/box/job/memory.max", "max\n"},
         {"/sys/fs/cgroup/box/job/memory.current", "7\n"},
         {"/sys/fs/cgroup/box/memory.max", "5000000\n"},
         {"/sys/fs/cgroup/box/memory.current", "3000000\n"},
         {"/sys/fs/cgroup/box/memory.stat", "anon 1\ninactive_file 500000\n"}});
  const MachineShare share = ShareOfMachine(files_);
  EXPECT_EQ(share.processors, 1U);
  EXPECT_EQ(share.memory_bytes, 2'500'000U);
}

TEST_F(GroupsOnDisk, OldGroupsCountAndSoDoesNone) {
  EXPECT_EQ(ShareOfMachine(files_).memory_bytes, 0U);
  EXPECT_GE(ShareOfMachine(files_).processors, 1U);
  Write({{"/proc/self/cgroup", "3:cpu:/j\n2:memory:/j\n"},
         {"/sys/fs/cgroup/cpu/j/cpu.cfs_quota_us", "50000\n"},
         {"/sys/fs/cgroup/cpu/j/cpu.cfs_period_us", "100000\n"},
         {"/sys/fs/cgroup/memory/j/memory.limit_in_bytes", "1000\n"},
         {"/sys/fs/cgroup/memory/j/memory.usage_in_bytes", "1200\n"},
         {"/sys/fs/cgroup/memory/j/memory.stat", "total_inactive_file 300\n"}});
  EXPECT_EQ(ShareOfMachine(files_).processors, 1U);
  EXPECT_EQ(ShareOfMachine(files_).memory_bytes, 100U);
}

}  // namespace
}  // namespace gvsl
