#include "coordinator/log_store.h"

#include <gtest/gtest.h>

#include "common/fault_file_system.h"
#include "common/text.h"
#include "coordinator/log_reader.h"
#include "coordinator/page_token.h"

namespace gvsl::coordinator {
namespace {

class LogStoreTest : public testing::Test {
 protected:
  std::uint64_t Append(std::uint64_t offset, const std::string& text) {
    const auto next = logs.Append("job", "w", offset, text);
    EXPECT_TRUE(next.ok()) << next.status();
    return *next;
  }
  FaultFileSystem files;
  LogStore logs{files, "/logs", 20};
};

TEST_F(LogStoreTest, AChunkThatComesTwiceIsKeptOnce) {
  EXPECT_EQ(Append(0, "one\n"), 4u);
  EXPECT_EQ(Append(0, "one\n"), 4u);
  EXPECT_EQ(Append(2, "e\ntwo\n"), 8u);
  EXPECT_EQ(*logs.Read("job", "w", 0, 100), "one\ntwo\n");
  EXPECT_EQ(*logs.Read("job", "w", 4, 2), "tw");
}

TEST_F(LogStoreTest, AChunkAfterAGapIsAskedForAgain) {
  EXPECT_EQ(Append(0, "one\n"), 4u);
  EXPECT_EQ(Append(10, "later\n"), 4u);
}

TEST_F(LogStoreTest, BeyondTheLimitChunksAreAcknowledgedAndForgotten) {
  EXPECT_EQ(Append(0, std::string(30, 'x')), 30u);
  EXPECT_EQ(Append(30, "more"), 34u);
  EXPECT_EQ(logs.Read("job", "w", 0, 100)->size(), 20u);
}

TEST_F(LogStoreTest, AReaderTakesWholeLinesAndAtTheEndTheRest) {
  Append(0, "one\ntw");
  LogReader reader(logs, "job", "", 0);
  auto lines = reader.Next(/*unfinished=*/false);
  ASSERT_EQ(lines->size(), 1u);
  EXPECT_EQ((*lines)[0].text(), "one\n");
  EXPECT_TRUE(reader.Next(false)->empty());
  Append(6, "o\nthr");
  EXPECT_EQ((*reader.Next(false))[0].text(), "two\n");
  lines = reader.Next(/*unfinished=*/true);
  EXPECT_EQ((*lines)[0].text(), "thr");
  EXPECT_EQ((*lines)[0].offset(), 8u);
}

TEST(LogReader, ALineThatIsTooLongComesInPiecesAndEveryPieceIsUtf8OfTheSameSize) {
  FaultFileSystem files;
  LogStore logs(files, "/logs", 1 << 20);
  std::string text = "a";
  while (text.size() < 100'000) text += "\xC3\xA9";
  text +=
      "\xFF"
      "end\n";
  ASSERT_TRUE(logs.Append("job", "w", 0, text).ok());
  LogReader reader(logs, "job", "", 0);
  std::string read;
  const auto lines = *reader.Next(/*unfinished=*/false);
  ASSERT_EQ(lines.size(), 2u);
  for (const v1::LogLines& one : lines) {
    EXPECT_EQ(one.offset(), read.size());
    EXPECT_EQ(CleanUtf8(one.text()), one.text());
    read += one.text();
  }
  text[text.size() - 5] = '?';
  EXPECT_EQ(read, text);
}

TEST(PageToken, OnlyATokenThatWasGivenOutForTheSameListIsTaken) {
  const std::string token = MakePageToken("jobs", 42);
  EXPECT_EQ(*ReadPageToken("jobs", token), 42);
  EXPECT_EQ(*ReadPageToken("jobs", ""), 0);
  for (const std::string& wrong :
       {token + "1", std::string("42"), std::string("x"), std::string(100, '9')}) {
    EXPECT_EQ(ReadPageToken("jobs", wrong).status().code(), StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(ReadPageToken("events u1", token).ok());
}

}  // namespace
}  // namespace gvsl::coordinator
