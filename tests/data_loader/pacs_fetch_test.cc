// Series from an archive that a test directs into a spool on a disk that a test breaks.
#include "data_loader/pacs_fetch.h"

#include <gmock/gmock.h>

#include <deque>

#include "common/fault_file_system.h"
#include "common/text.h"

namespace gvsl::data_loader {
namespace {

using Kind = FetchEvent::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Sends `objects` of every series, unless a status is due: then half of them before it.
class DirectedArchive final : public Archive {
 public:
  StatusOr<std::vector<ArchiveSeries>> Find(const ArchiveQuery&) override {
    return UnimplementedError("not asked for here");
  }
  Status Fetch(const ArchiveSeries& series, ObjectSink& sink) override {
    fetched.push_back(series.series_uid);
    Status outcome;
    if (!outcomes.empty()) {
      outcome = outcomes.front();
      outcomes.pop_front();
    }
    for (int i = 0; i < (outcome.ok() ? objects : objects / 2); ++i) {
      GVSL_RETURN_IF_ERROR(
          sink.Begin({"1.2.840.10008.5.1.4.1.1.2", Concat(uid, ".", i), "1.2.840.10008.1.2"}));
      GVSL_RETURN_IF_ERROR(sink.Append("a data "));
      GVSL_RETURN_IF_ERROR(sink.Append("set"));
      GVSL_RETURN_IF_ERROR(sink.End());
    }
    return outcome;
  }
  std::deque<Status> outcomes;
  int objects = 4;
  std::string uid = "1.2.3";
  std::vector<std::string> fetched;
};

class PacsFetch : public ::testing::Test {
 protected:
  PacsFetch() {
    options_.spool = "/data/heads.pacs";
    options_.question = "abc";
    options_.least_free_bytes = 0;
  }
  StatusOr<FetchResult> Run(const std::vector<ArchiveSeries>& series) {
    kinds_.clear();
    GVSL_RETURN_IF_ERROR(OpenSpool(files_, options_));
    return FetchSeries(files_, clock_, archive_, series, options_,
                       [&](const FetchEvent& event) { kinds_.push_back(event.kind); });
  }
  std::vector<std::string> Names(const std::string& series = "") {
    const auto names = files_.List(options_.spool + series);
    return names.ok() ? *names : std::vector<std::string>{};
  }
  static ArchiveSeries Series(const std::string& uid, std::optional<std::uint32_t> instances = 4) {
    return {"1.1", uid, "CT", instances};
  }
  FaultFileSystem files_;
  FakeClock clock_;
  DirectedArchive archive_;
  FetchOptions options_;
  std::vector<Kind> kinds_;
};

TEST_F(PacsFetch, MakesAFolderOfEachSeries) {
  const auto result = Run({Series("1.5"), Series("1.6", std::nullopt)});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->fetched, 2u);
  EXPECT_THAT(Names(), ElementsAre(".query", "1.5", "1.6"));
  EXPECT_THAT(Names("/1.5"), ElementsAre("000001.dcm", "000002.dcm", "000003.dcm", "000004.dcm"));
  const std::string file = *ReadFile(files_, options_.spool + "/1.5/000001.dcm");
  EXPECT_EQ(file.substr(128, 4), "DICM");
  EXPECT_THAT(file, ::testing::EndsWith("a data set"));
}

TEST_F(PacsFetch, IsDurableWhenItIsSaid) {
  ASSERT_TRUE(Run({Series("1.5")}).ok());
  files_.LosePower();
  EXPECT_THAT(Names("/1.5"), ::testing::SizeIs(4));
  EXPECT_THAT(*ReadFile(files_, options_.spool + "/1.5/000004.dcm"),
              ::testing::EndsWith("a data set"));
}

TEST_F(PacsFetch, GoesOnWhereItEnded) {
  archive_.outcomes = {OkStatus(), UnavailableError("a"), UnavailableError("b"),
                       UnavailableError("c")};
  const auto broken = Run({Series("1.5"), Series("1.6"), Series("1.7")});
  EXPECT_EQ(broken.status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(broken.status().message(), "c");
  EXPECT_THAT(kinds_, ElementsAre(Kind::kFetched, Kind::kRetried, Kind::kRetried, Kind::kFailed));
  EXPECT_THAT(Names(), ElementsAre(".1.6.part", ".query", "1.5"));
  const auto result = Run({Series("1.5"), Series("1.6"), Series("1.7")});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->there_already, 1u);
  EXPECT_EQ(result->fetched, 2u);
  EXPECT_THAT(archive_.fetched, ElementsAre("1.5", "1.6", "1.6", "1.6", "1.6", "1.7"));
  EXPECT_THAT(Names(), ElementsAre(".query", "1.5", "1.6", "1.7"));
}

TEST_F(PacsFetch, DiesAnywhereAndGoesOn) {
  for (std::uint64_t operation = 0;; ++operation) {
    options_.spool = Concat("/data/", operation, ".pacs");
    files_.DieAfter(operation);
    const bool whole = Run({Series("1.5")}).ok();
    files_.LosePower();
    // A folder with the series' name is whole, whenever the power went.
    const auto names = Names("/1.5");
    EXPECT_EQ(names.size(), whole || !names.empty() ? 4u : 0u) << operation;
    if (whole) break;
    ASSERT_TRUE(Run({Series("1.5")}).ok()) << operation;
    EXPECT_THAT(Names("/1.5"), ::testing::SizeIs(4)) << operation;
    ASSERT_LT(operation, 1000u);
  }
}

TEST_F(PacsFetch, WaitsLongerBeforeEachTry) {
  archive_.outcomes = {UnavailableError("a"), DeadlineExceededError("b")};
  const TimePoint start = clock_.Now();
  ASSERT_TRUE(Run({Series("1.5")}).ok());
  EXPECT_EQ(clock_.Now() - start, std::chrono::seconds(3));
}

TEST_F(PacsFetch, TakesNoHalfOfASeries) {
  archive_.objects = 3;
  const auto result = Run({Series("1.5"), Series("1.6", 3)});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->failed, 1u);
  EXPECT_EQ(result->fetched, 1u);
  EXPECT_THAT(kinds_, ElementsAre(Kind::kRetried, Kind::kRetried, Kind::kFailed, Kind::kFetched));
}

TEST_F(PacsFetch, FetchesAnewWhatHasGrown) {
  ASSERT_TRUE(Run({Series("1.5")}).ok());
  archive_.objects = 6;
  const auto result = Run({Series("1.5", 6)});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->fetched, 1u);
  EXPECT_THAT(Names("/1.5"), ::testing::SizeIs(6));
}

TEST_F(PacsFetch, EndsAtOnceWhereTheNextSeriesWouldFailAlike) {
  archive_.outcomes = {PermissionDeniedError("not you")};
  EXPECT_EQ(Run({Series("1.5"), Series("1.6")}).status().code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(archive_.fetched, ElementsAre("1.5"));
}

TEST_F(PacsFetch, NamesNoSeriesInAnError) {
  archive_.outcomes = {PermissionDeniedError("open .1.5.part: no"), PermissionDeniedError("S/S")};
  EXPECT_EQ(Run({Series("1.5")}).status().message(), "open .SERIES.part: no");
  EXPECT_EQ(Run({Series("S")}).status().message(), "SERIES/SERIES");
}

TEST_F(PacsFetch, EndsWithAFullDisk) {
  files_.SetCapacity(700);
  const auto result = Run({Series("1.5"), Series("1.6")});
  EXPECT_EQ(result.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(archive_.fetched, ElementsAre("1.5"));
  EXPECT_THAT(Names("/1.5"), IsEmpty());
}

TEST_F(PacsFetch, TakesNoObjectWhoseNameIsNone) {
  archive_.uid = "../../etc";
  const auto result = Run({Series("1.5")});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->failed, 1u);
  EXPECT_THAT(Names(), ElementsAre(".1.5.part", ".query"));
}

TEST_F(PacsFetch, StopsBetweenSeries) {
  options_.stop = [&] { return archive_.fetched.size() == 1; };
  EXPECT_EQ(Run({Series("1.5"), Series("1.6")}).status().code(), StatusCode::kCancelled);
  EXPECT_THAT(Names(), ElementsAre(".query", "1.5"));
}

TEST_F(PacsFetch, ASpoolWithoutASeriesIsAnybodys) {
  ASSERT_TRUE(OpenSpool(files_, options_).ok());
  ASSERT_TRUE(WriteFileDurably(files_, options_.spool + "/.query.tmp-1", "a").ok());
  options_.question = "abd";
  EXPECT_TRUE(Run({Series("1.6")}).ok());
}

TEST_F(PacsFetch, DoesNotMixWhatWasAskedForOtherwise) {
  ASSERT_TRUE(Run({Series("1.5")}).ok());
  options_.question = "abd";
  const auto result = Run({Series("1.6")});
  EXPECT_EQ(result.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(result.status().message(), HasSubstr("another --query"));
}

TEST(PacsContents, AreCountedByModality) {
  const auto contents =
      Summarize({{"1", "2", "CT", 3}, {"1", "3", "CT", std::nullopt}, {"1", "4", "SR", 1}});
  EXPECT_EQ(contents.modalities.at("CT").series, 2u);
  EXPECT_EQ(contents.modalities.at("CT").instances, 3u);
  EXPECT_EQ(contents.modalities.at("SR").series, 1u);
}

}  // namespace
}  // namespace gvsl::data_loader
