#include "cli/local/record.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "common/fault_file_system.h"

namespace gvsl::cli::local {
namespace {

using Variables = std::map<std::string, std::string>;

std::string DirectoryWith(const Variables& variables) {
  const auto directory =
      DefaultDirectory([&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
      });
  return directory.ok() ? *directory : directory.status().ToString();
}

TEST(LocalRecord, IsReadAsItWasWritten) {
  FaultFileSystem files;
  ASSERT_TRUE(files.CreateDirectories("/local").ok());
  const Record written{"/local", {{7, 70}, "127.0.0.1:1", "127.0.0.1:2"}, {{"worker-1", {8, 80}}}};
  ASSERT_TRUE(WriteRecord(files, written).ok());
  const auto read = ReadRecord(files, "/local");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->coordinator.identity.pid, 7);
  EXPECT_EQ(read->coordinator.identity.start_ticks, 70u);
  EXPECT_EQ(read->coordinator.address, "127.0.0.1:1");
  EXPECT_EQ(read->coordinator.http, "127.0.0.1:2");
  ASSERT_EQ(read->workers.size(), 1u);
  EXPECT_EQ(read->workers[0].name, "worker-1");
  EXPECT_EQ(read->workers[0].identity.pid, 8);
}

TEST(LocalRecord, IsNotFoundWhereNothingWasStarted) {
  FaultFileSystem files;
  EXPECT_EQ(ReadRecord(files, "/local").status().code(), StatusCode::kNotFound);
}

TEST(LocalRecord, ThatIsDamagedIsRefused) {
  FaultFileSystem files;
  for (const char* text : {"", "{", "[]", R"({"coordinator": 5, "workers": []})"}) {
    ASSERT_TRUE(WriteFileDurably(files, "/local.json", text).ok());
    EXPECT_EQ(ReadRecord(files, "/").status().code(), StatusCode::kDataLoss) << text;
  }
}

TEST(LocalRecord, AProcessIsAliveOnlyWithItsOwnStartTime) {
  const ProcessIdentity stranger{getpid(), 1};
  EXPECT_FALSE(stranger.Alive());
  EXPECT_FALSE(ProcessIdentity().Alive());
}

TEST(LocalRecord, StandsInTheStateHome) {
  EXPECT_EQ(DirectoryWith({{"XDG_STATE_HOME", "/s"}, {"HOME", "/h"}}), "/s/gvsl/local");
  EXPECT_EQ(DirectoryWith({{"HOME", "/h"}}), "/h/.local/state/gvsl/local");
  EXPECT_EQ(DirectoryWith({}).rfind("FAILED_PRECONDITION", 0), 0u);
}

TEST(ServerOutput, IsReadWhenBothLinesAreWhole) {
  EXPECT_FALSE(ParseServerOutput(""));
  EXPECT_FALSE(ParseServerOutput("listening 127.0.0.1:40\n"));
  EXPECT_FALSE(ParseServerOutput("listening 127.0.0.1:40\nhttp 127.0.0.1:4"));
  const auto addresses = ParseServerOutput("listening 127.0.0.1:40\nhttp 127.0.0.1:41\n");
  ASSERT_TRUE(addresses);
  EXPECT_EQ(addresses->grpc, "127.0.0.1:40");
  EXPECT_EQ(addresses->http, "127.0.0.1:41");
}

}  // namespace
}  // namespace gvsl::cli::local
