#include "data_loader/ingest_journal.h"

#include <gtest/gtest.h>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

IngestOutcome Accepted(const std::string& source) {
  IngestOutcome outcome{source, "print-" + source, DatasetPart(), {}, {}, {}};
  VolumeEntry& entry = outcome.part->entry;
  entry.id = "0123456789abcdef";
  entry.grid = {{2, 3, 4}, {0.1, 1.0 / 3, 2}, {{{1, 0, 0, -7.25}, {0, 1, 0, 0.1}, {0, 0, 1, 1}}}};
  entry.modality = "MR";
  entry.window = "mr";
  entry.window_range = {-0.1, 1e7 / 3};
  entry.sha256 = std::string(64, 'a');
  entry.label_sha256 = std::string(64, 'b');
  entry.label_voxels = {{-1, 4}, {7, 20}};
  entry.class_index = 3;
  entry.source = source;
  outcome.part->subject_key = "subject";
  outcome.part->bytes = 1234;
  outcome.part->sha256 = std::string(64, 'c');
  outcome.warnings = {{"NO_CLASS", "said", "/a/file"}};
  return outcome;
}

IngestOutcome Rejected(const std::string& source) {
  IngestOutcome outcome{source, "print-" + source, {}, {"TRUNCATED", "too short", "/x"}, {}, {}};
  outcome.label_rejection = Rejection{"LABEL_NOT_INTEGER", "fractions", ""};
  return outcome;
}

ShardEntry Shard(std::uint32_t volume) {
  return {Concat("shard-", volume), std::string(64, 'd'), 99, {volume, volume + 1}};
}

std::vector<std::string> Lines() {
  return {HeadLine("options", "00ff"),     OutcomeLine(Accepted("a")), OutcomeLine(Rejected("b")),
          ArrangedLine("digest"),          ShardLine(Shard(0)),        ShardLine(Shard(2)),
          PublishedLine("report", "asked")};
}

TEST(IngestJournal, HoldsAllThatWasWritten) {
  const IngestJournal journal = ParseJournal(Join(Lines(), ""));
  EXPECT_EQ(journal.options, "options");
  EXPECT_EQ(journal.key, "00ff");
  ASSERT_EQ(journal.outcomes.size(), 2U);
  for (const IngestOutcome& outcome : {Accepted("a"), Rejected("b")}) {
    EXPECT_EQ(OutcomeLine(journal.outcomes.at(outcome.source)), OutcomeLine(outcome));
  }
  EXPECT_EQ(journal.outcomes.at("a").part->entry.grid.spacing[1], 1.0 / 3);
  EXPECT_EQ(journal.outcomes.at("a").warnings[0].file, "/a/file");
  EXPECT_EQ(journal.outcomes.at("b").rejection.code, "TRUNCATED");
  EXPECT_EQ(journal.arranged, "digest");
  ASSERT_EQ(journal.shards.size(), 2U);
  EXPECT_EQ(ShardLine(journal.shards[1]), ShardLine(Shard(2)));
  EXPECT_EQ(journal.published, "report");
  EXPECT_EQ(journal.asked, "asked");
  EXPECT_EQ(journal.whole_bytes, Join(Lines(), "").size());
}

TEST(IngestJournal, ATornLineIsNotTakenWhereverItIsTorn) {
  const std::vector<std::string> lines = Lines();
  const std::string text = Join(lines, "");
  std::size_t whole = 0, next = 0;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    if (next < lines.size() && length == whole + lines[next].size()) whole += lines[next++].size();
    const IngestJournal journal = ParseJournal(text.substr(0, length));
    ASSERT_EQ(journal.whole_bytes, whole) << length;
    ASSERT_EQ(journal.outcomes.size(), next < 2 ? 0U : next < 3 ? 1U : 2U) << length;
    ASSERT_EQ(journal.shards.size(), next < 5 ? 0U : next < 6 ? 1U : 2U) << length;
  }
}

TEST(IngestJournal, NothingBehindASenselessLineIsTaken) {
  const std::string head = HeadLine("options", "00ff");
  const std::string good = OutcomeLine(Accepted("a"));
  for (const std::string& senseless :
       {std::string("\n"), std::string("null\n"), std::string("[]\n"), std::string("{}\n"),
        std::string(40, '\0') + "\n", std::string("{\"source\":\"a\"}\n"),
        std::string("{\"source\":\"a\",\"fingerprint\":\"\",\"part\":{\"volume\":{}}}\n"),
        std::string("{\"shard\":{\"file\":1}}\n"), std::string("{\"arranged\":7}\n"),
        std::string("{\"published\":\"x\"}\n"), good.substr(5)}) {
    const IngestJournal journal = ParseJournal(head + senseless + good);
    EXPECT_TRUE(journal.outcomes.empty()) << senseless;
    EXPECT_EQ(journal.whole_bytes, head.size()) << senseless;
  }
  EXPECT_EQ(ParseJournal(good).whole_bytes, 0U);
  EXPECT_EQ(ParseJournal("{\"journal\":2,\"options\":\"o\",\"key\":\"k\"}\n").whole_bytes, 0U);
}

TEST(IngestJournal, TheLastOfSeveralLinesCounts) {
  IngestOutcome again = Rejected("a");
  const IngestJournal journal =
      ParseJournal(Join(Lines(), "") + OutcomeLine(again) + ArrangedLine("other"));
  EXPECT_EQ(OutcomeLine(journal.outcomes.at("a")), OutcomeLine(again));
  EXPECT_EQ(journal.arranged, "other");
  EXPECT_TRUE(journal.shards.empty());
}

}  // namespace
}  // namespace gvsl::data_loader
