// What is asked of an archive, and what its refusals mean: tables of cases.
#include "data_loader/pacs_query.h"

#include <gmock/gmock.h>

#include <set>

#include "data_loader/archive.h"
#include "data_loader/pacs_status.h"
#include "data_loader/storage_contexts.h"

namespace gvsl::data_loader {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(PacsAddress, IsAHostAndAPort) {
  const auto address = ParseArchiveAddress("archive.example:104");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->host, "archive.example");
  EXPECT_EQ(address->port, 104);
  for (const char* wrong : {"", "archive", "archive:", ":104", "archive:0", "archive:65536",
                            "archive:1x", "[::1]:104", "::1:104", "a b:104", "http://a:104"}) {
    EXPECT_EQ(ParseArchiveAddress(wrong).status().code(), StatusCode::kInvalidArgument) << wrong;
  }
}

TEST(PacsAeTitle, HasAtMostSixteenPrintableCharacters) {
  for (const char* good : {"GVSL", "ANY-SCP", "A B", "0123456789ABCDEF"}) {
    EXPECT_TRUE(CheckAeTitle(good).ok()) << good;
  }
  for (const char* wrong : {"", " ", "0123456789ABCDEFG", "A\\B", "A\nB", "Ä"}) {
    EXPECT_EQ(CheckAeTitle(wrong).code(), StatusCode::kInvalidArgument) << wrong;
  }
}

TEST(PacsUid, IsAHarmlessFileName) {
  EXPECT_TRUE(IsUid("1.2.840.10008.1.2"));
  EXPECT_TRUE(IsUid("1.02.3"));  // scanners write such
  EXPECT_TRUE(IsUid(std::string(64, '1')));
  for (const std::string& wrong :
       {std::string(), std::string("."), std::string("1..2"), std::string(".1"), std::string("1."),
        std::string("1/2"), std::string("../1"), std::string("1.2a"),
        std::string("1\0"
                    "2",
                    3),
        std::string(65, '1')}) {
    EXPECT_FALSE(IsUid(wrong)) << wrong;
  }
}

TEST(PacsQuery, AsksForStudiesAndThenForTheirSeries) {
  const auto query =
      ParseArchiveQuery("Modality=CT,StudyDate=20200101-20201231,StudyDescription=*abdomen, late*");
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_THAT(StudyIdentifier(*query),
              ElementsAre(Pair(0x00080020, "20200101-20201231"), Pair(tag::kLevel, "STUDY"),
                          Pair(tag::kModalitiesInStudy, "CT"), Pair(0x00081030, "*abdomen, late*"),
                          Pair(tag::kStudyUid, "")));
  EXPECT_THAT(SeriesIdentifier(*query, "1.2.3"),
              ElementsAre(Pair(tag::kLevel, "SERIES"), Pair(tag::kModality, "CT"),
                          Pair(tag::kStudyUid, "1.2.3"), Pair(tag::kSeriesUid, ""),
                          Pair(tag::kInstancesOfSeries, "")));
  EXPECT_THAT(RetrieveIdentifier("1.2.3", "1.2.4"),
              ElementsAre(Pair(tag::kLevel, "SERIES"), Pair(tag::kStudyUid, "1.2.3"),
                          Pair(tag::kSeriesUid, "1.2.4")));
}

TEST(PacsQuery, NamesTheCharacterSetOfALetterBeyondAscii) {
  const auto query = ParseArchiveQuery("PatientName=Müller*");
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_THAT(StudyIdentifier(*query),
              ElementsAre(Pair(tag::kCharacterSet, "ISO_IR 192"), Pair(tag::kLevel, "STUDY"),
                          Pair(0x00100010, "Müller*"), Pair(tag::kStudyUid, "")));
}

TEST(PacsQuery, ChoosesFromSeveralCodesItself) {
  const auto query = ParseArchiveQuery("Modality=CT\\MR");
  ASSERT_TRUE(query.ok()) << query.status();
  for (const auto& [tag, value] : SeriesIdentifier(*query, "1.2.3")) {
    EXPECT_TRUE(tag != tag::kModality || value.empty()) << value;
  }
  EXPECT_FALSE(Contradicts(query->of_series[0], "MR"));
  EXPECT_TRUE(Contradicts(query->of_series[0], "US"));
}

TEST(PacsQuery, TakesWhatCFindTakes) {
  for (const char* good :
       {"StudyDate=20200101", "StudyDate=20200101-", "SeriesDate=-20201231", "Modality=CT\\MR",
        "StudyInstanceUID=1.2.3\\1.2.4", "SeriesNumber=3", "BodyPartExamined=HEAD*",
        "PatientID=a=b", "ProtocolName=t1_mprage,PatientSex=F"}) {
    EXPECT_TRUE(ParseArchiveQuery(good).ok()) << good;
  }
}

TEST(PacsQuery, RefusesWhatCannotBe) {
  for (const auto& [query, words] : std::vector<std::pair<std::string, std::string>>{
           {"", "KEY=VALUE"},
           {"CT", "KEY=VALUE"},
           {"modality=CT", "nearest is Modality"},
           {"StudyDat=20200101", "nearest is StudyDate"},
           {"Modality=", "Modality has no value"},
           {"Modality=CT,Modality=MR", "twice"},
           {"Modality=ct", "capital"},
           {"Modality=CT\\", "capital"},
           {"StudyDate=2020", "a date or a range"},
           {"StudyDate=-", "a date or a range"},
           {"StudyDate=20200102-20200101", "a date or a range"},
           {"StudyDate=20200101-20200201-20200301", "a date or a range"},
           {"StudyInstanceUID=1.2.*", "UIDs"},
           {"SeriesNumber=x", "a number"}}) {
    const auto parsed = ParseArchiveQuery(query);
    EXPECT_EQ(parsed.status().code(), StatusCode::kInvalidArgument) << query;
    EXPECT_THAT(parsed.status().message(), HasSubstr(words)) << query;
  }
}

TEST(PacsQuery, SaysNoValueInAnError) {
  const auto parsed = ParseArchiveQuery("PatientID=ZQX\\ZQX");
  ASSERT_FALSE(parsed.ok());
  EXPECT_THAT(parsed.status().message(), Not(HasSubstr("ZQX")));
}

TEST(PacsQuery, LeavesOutWhatAnArchiveAnswersBesides) {
  const auto contradicts = [](const std::string& key, const std::string& answered) {
    return Contradicts(*ParseArchiveKey(key), answered);
  };
  EXPECT_FALSE(contradicts("Modality=CT", "CT"));
  EXPECT_TRUE(contradicts("Modality=CT", "MR"));
  EXPECT_FALSE(contradicts("Modality=CT", ""));  // says nothing
  EXPECT_FALSE(contradicts("Modality=CT\\MR", "MR"));
  EXPECT_FALSE(contradicts("ModalitiesInStudy=CT", "CT\\SR"));
  EXPECT_TRUE(contradicts("ModalitiesInStudy=CT", "MR\\SR"));
  EXPECT_FALSE(contradicts("BodyPartExamined=H*D", "HEAD"));
  EXPECT_FALSE(contradicts("BodyPartExamined=?EAD", "HEAD"));
  EXPECT_TRUE(contradicts("BodyPartExamined=H*D", "HEART"));
  EXPECT_FALSE(contradicts("BodyPartExamined=*A*?", "HEAD"));
  EXPECT_TRUE(contradicts("BodyPartExamined=*A*A*A*A*A*A*A*B", std::string(30000, 'A')));
  EXPECT_FALSE(contradicts("StudyDate=20200101-20200131", "20200131"));
  EXPECT_TRUE(contradicts("StudyDate=20200101-20200131", "20200201"));
  EXPECT_FALSE(contradicts("StudyDate=-20200131", "19990101"));
  EXPECT_TRUE(contradicts("StudyDate=20200101-", "19990101"));
  EXPECT_FALSE(contradicts("StudyDescription=*abdomen*", "in letters of another alphabet"));
}

TEST(PacsStatus, TellsWhatToDo) {
  using enum StatusCode;
  EXPECT_EQ(RefusedAssociation(true, 1, 3).code(), kPermissionDenied);
  EXPECT_THAT(RefusedAssociation(true, 1, 3).message(), HasSubstr("--aet"));
  EXPECT_EQ(RefusedAssociation(true, 1, 7).code(), kNotFound);
  EXPECT_THAT(RefusedAssociation(true, 1, 7).message(), HasSubstr("--called-aet"));
  EXPECT_EQ(RefusedAssociation(false, 3, 2).code(), kUnavailable);
  EXPECT_EQ(RefusedAssociation(true, 1, 1).code(), kFailedPrecondition);
  EXPECT_TRUE(FindStatus(0).ok());
  EXPECT_EQ(FindStatus(0xa700).code(), kResourceExhausted);
  EXPECT_EQ(FindStatus(0xa900).code(), kInvalidArgument);
  EXPECT_EQ(FindStatus(0x0122).code(), kUnimplemented);
  EXPECT_EQ(FindStatus(0x0124).code(), kPermissionDenied);
  EXPECT_EQ(FindStatus(0xfe00).code(), kAborted);
  EXPECT_EQ(FindStatus(0xc123).code(), kUnknown);
  EXPECT_THAT(FindStatus(0xc123).message(), HasSubstr("0xc123"));
  EXPECT_TRUE(GetStatus(0, 0).ok());
  EXPECT_EQ(GetStatus(0, 1).code(), kDataLoss);
  EXPECT_EQ(GetStatus(0xb000, 2).code(), kDataLoss);
  EXPECT_EQ(GetStatus(0xb000, 0).code(), kDataLoss);
  EXPECT_EQ(GetStatus(0xa702, 3).code(), kDataLoss);
  EXPECT_EQ(GetStatus(0xa702, 0).code(), kResourceExhausted);
  EXPECT_EQ(GetStatus(0xc000, 3).code(), kUnknown);
}

TEST(PacsStatus, TellsTheSeriesFromTheArchive) {
  EXPECT_TRUE(IsTransient(UnavailableError("")));
  EXPECT_TRUE(IsTransient(DeadlineExceededError("")));
  EXPECT_FALSE(IsTransient(DataLossError("")));
  EXPECT_TRUE(IsOfOneSeries(GetStatus(0xb000, 1)));
  EXPECT_TRUE(IsOfOneSeries(GetStatus(0xc000, 0)));
  for (const Status& status : {UnavailableError(""), PermissionDeniedError(""), CancelledError(""),
                               UnimplementedError("")}) {
    EXPECT_FALSE(IsOfOneSeries(status)) << status;
  }
}

TEST(StorageContexts, FitIntoAnAssociation) {
  for (const char* modality : {"CT", "MR", "PT", "NM", "OT", ""}) {
    const auto contexts = StorageContexts(modality);
    EXPECT_LE(contexts.size(), 126u) << modality;  // of 128, beside the service's
    std::set<std::string> codings;
    for (const auto& [sop_class, syntaxes] : contexts) {
      EXPECT_TRUE(IsUid(sop_class));
      for (const std::string& syntax : syntaxes) {
        EXPECT_TRUE(codings.insert(sop_class + " " + syntax).second) << sop_class << syntax;
      }
    }
    EXPECT_TRUE(codings.count("1.2.840.10008.5.1.4.1.1.7 1.2.840.10008.1.2.4.90") == 1);
  }
  EXPECT_TRUE(HoldsImages("CT"));
  EXPECT_TRUE(HoldsImages(""));
  EXPECT_FALSE(HoldsImages("SR"));
  EXPECT_FALSE(HoldsImages("RTSTRUCT"));
}

TEST(FileHeader, IsWhatADataSetNeeds) {
  const auto header = FileHeader({"1.2.3", "1.2.34", "1.2.840.10008.1.2"});
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->substr(128, 4), "DICM");
  EXPECT_EQ(header->substr(132, 8), std::string("\2\0\0\0UL\4\0", 8));
  const auto length = static_cast<unsigned char>((*header)[140]);
  EXPECT_EQ(header->size(), 144u + length);
  EXPECT_THAT(*header, HasSubstr(std::string("\2\0\2\0UI\6\0"
                                             "1.2.3\0",
                                             14)));
  EXPECT_EQ(FileHeader({"1.2.3", "../x", "1.2"}).status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace gvsl::data_loader
