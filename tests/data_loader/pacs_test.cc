// Images from a hospital's archive: `gvsl-dataset ingest --pacs` against a real one, and against
// servers that are none.
#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "common/clock.h"
#include "common/text.h"
#include "data_loader/pacs_client.h"
#include "data_loader/pacs_fetch.h"
#include "tests/data_loader/damaging_proxy.h"
#include "tests/data_loader/dataset_program.h"
#include "tests/data_loader/orthanc.h"
#include "tests/support/dicom_encoder.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/dicom_sender.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/test_certificates.h"

namespace gvsl {
namespace {

namespace fs = std::filesystem;
using data_loader::ArchiveOptions;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakeSlices;
using ::testing::Not;
using testing::Orthanc;
using testing::Outcome;

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Pacs : public testing::DatasetProgram {
 protected:
  // A series of an own patient below the folder; its UID.
  std::string WriteSeries(const std::string& name, const testing::DicomCoding& coding = {},
                          const std::string& modality = "MR", std::int16_t step = 1) {
    auto slices = MakeSlices(5, "ZQX" + name);
    const std::string folder = Concat(directory_.path(), "/", modality, "/", name);
    fs::create_directories(folder);
    for (std::size_t i = 0; i < slices.size(); ++i) {
      slices[i].modality = modality;
      for (auto& pixel : slices[i].pixels) pixel = static_cast<std::int16_t>(pixel * step);
      testing::WriteCodedSlice(slices[i], coding, Concat(folder, "/", i));
    }
    return slices[0].series_uid;
  }
  bool StartWith(std::initializer_list<std::string> modalities) {
    if (!archive_.Start()) return false;
    for (const std::string& modality : modalities) {
      testing::SendFolder(directory_ / modality, archive_.port(), Orthanc::kTitle);
    }
    return true;
  }
  std::string Arguments(const std::string& more) {
    return Concat("ingest --pacs 127.0.0.1:", archive_.port(), " --called-aet ", Orthanc::kTitle,
                  " ", more);
  }
  // What the program prints of the dataset: its hash.
  static std::string HashIn(const std::string& output) {
    const std::size_t line = output.find("dataset ");
    return line == std::string::npos ? "" : output.substr(output.find(' ', line + 8) + 1, 64);
  }
  ArchiveOptions Options() {
    ArchiveOptions options;
    options.address = {"127.0.0.1", archive_.port()};
    options.archive_title = Orthanc::kTitle;
    options.timeout_seconds = 5;
    return options;
  }
  Orthanc archive_{directory_ / "archive"};
};

#define SKIP_WITHOUT_ORTHANC() \
  if (!Orthanc::IsThere()) GTEST_SKIP() << "there is no Orthanc: deploy/setup/install.sh archive"

TEST_F(Pacs, ADatasetOfAnArchiveIsThatOfItsFiles) {
  SKIP_WITHOUT_ORTHANC();
  WriteSeries("plain");
  WriteSeries("implicit", {.syntax = testing::syntax::kImplicit}, "MR", 2);
  WriteSeries("jpegls", {.syntax = testing::syntax::kJpegLs}, "MR", 3);
  WriteSeries("jpeg", {.syntax = testing::syntax::kJpegLosslessFirstOrder}, "MR", 4);
  WriteSeries("rle", {.syntax = testing::syntax::kRle}, "MR", 5);
  const std::string jpeg2000 =
      WriteSeries("jpeg2000", {.syntax = testing::syntax::kJpeg2000}, "MR", 6);
  WriteSeries("other", {}, "CT", 7);
  testing::WriteObjectWithoutPixels(MakeSlices(1, "ZQXplain")[0], directory_ / "MR/set.dcm");
  ASSERT_TRUE(StartWith({"MR", "CT"})) << archive_.Errors();
  const Outcome fetched = Run(Arguments("--query Modality=MR --output a --keep-fetched"));
  ASSERT_EQ(fetched.exit_code, 0) << StandardError();
  EXPECT_THAT(fetched.output, HasSubstr("accepted 6 volumes"));
  EXPECT_THAT(ReadAll(directory_ / Concat("a.pacs/", jpeg2000, "/000001.dcm")).substr(0, 400),
              HasSubstr(testing::syntax::kJpeg2000));
  fs::remove(directory_ / "MR/set.dcm");
  const Outcome read = Run("ingest --input MR --output b");
  EXPECT_NE(HashIn(read.output), "");
  EXPECT_EQ(HashIn(fetched.output), HashIn(read.output));
}

TEST_F(Pacs, NothingNamesAPatientAfterwards) {
  SKIP_WITHOUT_ORTHANC();
  const std::string uid = WriteSeries("secret");
  ASSERT_TRUE(StartWith({"MR"})) << archive_.Errors();
  const Outcome fetched = Run(Arguments("--query 'PatientID=ZQX*' --output a"));
  ASSERT_EQ(fetched.exit_code, 0) << StandardError();
  EXPECT_FALSE(fs::exists(directory_ / "a.pacs"));
  EXPECT_THAT(fetched.output + StandardError(), Not(HasSubstr("ZQX")));
  EXPECT_THAT(StandardError(), HasSubstr("fetched   series 1 of 1: "));
  EXPECT_THAT(StandardError(), HasSubstr("accepted  source "));
  EXPECT_THAT(fetched.output + StandardError(), Not(HasSubstr(uid)));
  for (const auto& entry : fs::recursive_directory_iterator(directory_ / "a")) {
    EXPECT_THAT(ReadAll(entry.path()), Not(HasSubstr("ZQX"))) << entry.path();
  }
  EXPECT_THAT(ReadAll(directory_ / "a/report.json"), Not(HasSubstr(".pacs")));
}

TEST_F(Pacs, TheSpoolIsForItsOwnerAlone) {
  SKIP_WITHOUT_ORTHANC();
  const std::string series = WriteSeries("plain");
  ASSERT_TRUE(StartWith({"MR"})) << archive_.Errors();
  ASSERT_EQ(Run(Arguments("--query Modality=MR --output a --keep-fetched")).exit_code, 0);
  for (const std::string& name :
       {std::string("a.pacs"), "a.pacs/" + series, Concat("a.pacs/", series, "/000001.dcm")}) {
    const auto beyond = fs::perms::group_all | fs::perms::others_all;
    EXPECT_EQ(fs::status(directory_ / name).permissions() & beyond, fs::perms::none) << name;
  }
}

TEST_F(Pacs, SaysHowMuchMatchesAndWritesNothing) {
  SKIP_WITHOUT_ORTHANC();
  WriteSeries("one");
  WriteSeries("two");
  WriteSeries("three", {}, "CT");
  ASSERT_TRUE(StartWith({"MR", "CT"})) << archive_.Errors();
  const Outcome all = Run(Arguments("--query 'PatientID=ZQX*' --output a --dry-run"));
  EXPECT_EQ(all.exit_code, 0) << StandardError();
  EXPECT_EQ(all.output,
            "matching series 3\n  CT 1 series, 5 instances\n  MR 2 series, 10 instances\n");
  const Outcome some =
      Run(Arguments("--query Modality=CT,PatientID=ZQXthree --output a --dry-run "
                    "--json"));
  EXPECT_EQ(nlohmann::json::parse(some.output)["modalities"]["CT"]["instances"], 5);
  EXPECT_FALSE(fs::exists(directory_ / "a"));
  EXPECT_FALSE(fs::exists(directory_ / "a.pacs"));
  EXPECT_EQ(Run(Arguments("--query Modality=US --output a")).exit_code, 3);
  EXPECT_THAT(StandardError(), HasSubstr("no series of images matches"));
  EXPECT_TRUE(fs::exists(directory_ / "a/report.json"));
  EXPECT_FALSE(fs::exists(directory_ / "a.pacs"));
}

TEST_F(Pacs, FetchesNothingIntoADataset) {
  testing::MakeNifti(directory_ / "a.nii", {});
  ASSERT_EQ(Run("ingest --input a.nii --output set").exit_code, 0) << StandardError();
  for (const char* output : {"set/a", "set/b/a"}) {
    const std::string arguments = " --pacs 127.0.0.1:1 --query Modality=MR";
    EXPECT_EQ(Run(Concat("ingest --output ", output, arguments)).exit_code, 1);
    EXPECT_THAT(StandardError(), HasSubstr("would lie in the dataset"));
  }
  EXPECT_FALSE(fs::exists(directory_ / "set/b"));
  EXPECT_FALSE(fs::exists(directory_ / "set/a.pacs"));
}

TEST_F(Pacs, ASeriesIsCalledByItsUid) {
  SKIP_WITHOUT_ORTHANC();
  const std::string series = WriteSeries("plain");
  ASSERT_TRUE(StartWith({"MR"})) << archive_.Errors();
  std::ofstream(directory_ / "classes.csv") << series << ",1\n";
  const Outcome fetched = Run(Arguments("--query Modality=MR --output a --classes classes.csv"));
  ASSERT_EQ(fetched.exit_code, 0) << StandardError();
  EXPECT_EQ(nlohmann::json::parse(Run("show a --json").output)["volume_list"][0]["class"], 1);
}

TEST_F(Pacs, SaysWhoIsNotKnown) {
  SKIP_WITHOUT_ORTHANC();
  ASSERT_TRUE(StartWith({})) << archive_.Errors();
  EXPECT_EQ(Run(Arguments("--aet NOBODY --query Modality=MR --output a")).exit_code, 1);
  EXPECT_THAT(StandardError(), HasSubstr("--aet"));
  const std::string address = Concat("127.0.0.1:", archive_.port());
  EXPECT_EQ(
      Run("ingest --called-aet OTHER --query Modality=MR --output a --pacs " + address).exit_code,
      1);
  EXPECT_THAT(StandardError(), HasSubstr("another name; give its own as --called-aet"));
  EXPECT_FALSE(fs::exists(directory_ / "a.pacs"));
}

TEST_F(Pacs, GoesOnAfterTheArchiveWasKilled) {
  SKIP_WITHOUT_ORTHANC();
  for (const char* name : {"one", "two", "three"}) WriteSeries(name);
  ASSERT_TRUE(StartWith({"MR"})) << archive_.Errors();
  data_loader::FetchOptions fetch;
  fetch.spool = directory_ / "a.pacs";
  fetch.least_free_bytes = 0;
  FakeClock clock;
  const auto query = *data_loader::ParseArchiveQuery("Modality=MR");
  const auto client = data_loader::MakePacsClient(Options());
  const auto series = client->Find(query);
  ASSERT_TRUE(series.ok()) << series.status();
  ASSERT_EQ(series->size(), 3u);
  ASSERT_TRUE(data_loader::OpenSpool(PosixFileSystem(), fetch).ok());
  const auto broken = data_loader::FetchSeries(
      PosixFileSystem(), clock, *client, *series, fetch, [&](const data_loader::FetchEvent& event) {
        if (event.kind == data_loader::FetchEvent::Kind::kFetched) archive_.Kill();
      });
  EXPECT_EQ(broken.status().code(), StatusCode::kUnavailable);
  ASSERT_TRUE(archive_.Start());
  const auto again = data_loader::MakePacsClient(Options());
  const auto result =
      data_loader::FetchSeries(PosixFileSystem(), clock, *again, *series, fetch, {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->there_already, 1u);
  EXPECT_EQ(result->fetched, 2u);
  EXPECT_EQ(HashIn(Run("ingest --input a.pacs --output a").output),
            HashIn(Run("ingest --input MR --output b").output));
}

// Takes nothing in, and does something at the first byte of the second object.
class ActingSink final : public data_loader::ObjectSink {
 public:
  explicit ActingSink(std::function<void()> act) : act_(std::move(act)) {}
  Status Begin(const data_loader::ArchiveObject&) override {
    if (++objects_ == 2) act_();
    return OkStatus();
  }
  Status Append(std::string_view) override { return OkStatus(); }
  Status End() override { return OkStatus(); }

 private:
  std::function<void()> act_;
  int objects_ = 0;
};

TEST_F(Pacs, AConnectionThatEndsInTheMiddleIsSaid) {
  SKIP_WITHOUT_ORTHANC();
  WriteSeries("one");
  ASSERT_TRUE(StartWith({"MR"})) << archive_.Errors();
  bool stopped = false;
  ArchiveOptions options = Options();
  options.stop = [&] { return stopped; };
  const auto client = data_loader::MakePacsClient(options);
  const auto series = *client->Find(*data_loader::ParseArchiveQuery("Modality=MR"));
  ASSERT_EQ(series.size(), 1u);
  ActingSink stopping([&] { stopped = true; });
  EXPECT_EQ(client->Fetch(series[0], stopping).code(), StatusCode::kCancelled);
  stopped = false;
  ActingSink killing([&] { archive_.Kill(); });
  EXPECT_EQ(client->Fetch(series[0], killing).code(), StatusCode::kUnavailable);
}

// Whatever an archive says: an answer or an error, and soon. A changed pixel is seen by nobody.
TEST_F(Pacs, DamagedAnswersEndInAnError) {
  SKIP_WITHOUT_ORTHANC();
  WriteSeries("one");
  ASSERT_TRUE(StartWith({"MR"})) << archive_.Errors();
  const auto ask = [&](const testing::DamagingProxy& proxy) -> Status {
    ArchiveOptions options = Options();
    options.address.port = proxy.port();
    options.timeout_seconds = 1;
    const auto client = data_loader::MakePacsClient(options);
    GVSL_ASSIGN_OR_RETURN(const auto series,
                          client->Find(*data_loader::ParseArchiveQuery("Modality=MR")));
    if (series.size() != 1) return DataLossError("another answer");
    ActingSink sink([] {});
    return client->Fetch(series[0], sink);
  };
  std::uint64_t all = 0;
  {
    const testing::DamagingProxy proxy(archive_.port(), {~std::uint64_t{0}, 0});
    ASSERT_TRUE(ask(proxy).ok());
    all = proxy.said();
  }
  const char* const chosen = std::getenv("GVSL_FUZZ_SEED");
  std::mt19937_64 random(chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10));
  for (int i = 0; i < 24; ++i) {
    const bool cut = i % 2 == 0;
    // Where both associations begin, most bytes mean something; the end is their farewell.
    const std::uint64_t at = random() % (i % 3 == 1 ? 600 : all - 200);
    const auto flipped = static_cast<std::uint8_t>(cut ? 0 : 1 << (random() % 8));
    const testing::DamagingProxy proxy(archive_.port(), {at, flipped});
    const auto start = std::chrono::steady_clock::now();
    const Status outcome = ask(proxy);
    EXPECT_TRUE(!cut || !outcome.ok()) << at;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10))
        << at << " " << int{flipped} << " " << outcome;
  }
}

TEST_F(Pacs, SpeaksTls) {
  SKIP_WITHOUT_ORTHANC();
  WriteSeries("one");
  ASSERT_TRUE(StartWith({"MR"})) << archive_.Errors();
  archive_.Kill();
  testing::TestAuthority authority(directory_.path(), "ours"), other(directory_.path(), "other");
  const auto server = authority.Sign("server", 3600, "DNS:localhost");
  const auto client = authority.Sign("client");
  ASSERT_TRUE(archive_.Start({{"DicomTlsEnabled", true},
                              {"DicomTlsCertificate", server.certificate},
                              {"DicomTlsPrivateKey", server.key},
                              {"DicomTlsTrustedCertificates", authority.file()}}))
      << archive_.Errors();
  const std::string plain = "--query Modality=MR --pacs-timeout 5 --output ";
  const std::string mine =
      Concat(" --pacs-tls-cert ", client.certificate, " --pacs-tls-key ", client.key);
  const std::string ca = " --pacs-tls-ca ";
  const std::string by_name = Concat("ingest --pacs localhost:", archive_.port(), " --called-aet ",
                                     Orthanc::kTitle, " ", plain);
  EXPECT_EQ(Run(by_name + "a" + ca + authority.file() + mine).exit_code, 0) << StandardError();
  EXPECT_EQ(Run(Arguments(plain + "b" + ca + authority.file() + mine)).exit_code, 1);
  EXPECT_THAT(StandardError(), HasSubstr("the certificate is not for 127.0.0.1"));
  // A certificate that stands in the file itself is trusted under any name.
  std::ofstream(directory_ / "both.pem")
      << ReadAll(authority.file()) << ReadAll(server.certificate);
  EXPECT_EQ(Run(Arguments(plain + "c --pacs-tls-ca both.pem" + mine)).exit_code, 0)
      << StandardError();
  EXPECT_EQ(Run(Arguments(plain + "b" + ca + other.file() + mine)).exit_code, 1);
  EXPECT_EQ(Run(Arguments(plain + "b" + ca + authority.file())).exit_code, 1);  // Orthanc wants one
  EXPECT_EQ(Run(Arguments(plain + "b")).exit_code, 1);
  EXPECT_FALSE(fs::exists(directory_ / "b"));
}

TEST_F(Pacs, PlainConnectionsBeyondThisMachineNeedAWord) {
  EXPECT_EQ(Run("ingest --pacs archive.invalid:104 --query Modality=MR --output a").exit_code, 2);
  EXPECT_THAT(StandardError(), HasSubstr("--insecure"));
  EXPECT_EQ(
      Run("ingest --pacs archive.invalid:104 --insecure --query Modality=MR --output a").exit_code,
      1);
  EXPECT_THAT(StandardError(), HasSubstr("cannot be reached"));
}

TEST_F(Pacs, WrongUsageIsSaidBeforeAnythingIsAsked) {
  for (const auto& [arguments, words] : std::vector<std::pair<std::string, std::string>>{
           {"", "--input or --pacs"},
           {"--pacs 127.0.0.1 --query Modality=MR", "HOST:PORT"},
           {"--pacs 127.0.0.1:1", "--query: is needed"},
           {"--pacs 127.0.0.1:1 --query Modalty=MR", "nearest is Modality"},
           {"--pacs 127.0.0.1:1 --query Modality=MR --input .", "--input: contradicts"},
           {"--pacs 127.0.0.1:1 --query Modality=MR --aet 0123456789ABCDEFG", "--aet"},
           {"--pacs 127.0.0.1:1 --query Modality=MR --pacs-tls-cert x", "--pacs-tls-ca"},
           {"--pacs 127.0.0.1:1 --query Modality=MR --pacs-tls-ca none.pem", "none.pem"},
           {"--input . --query Modality=MR", "--query requires --pacs"}}) {
    EXPECT_EQ(Run("ingest --output a " + arguments).exit_code, 2) << arguments;
    EXPECT_THAT(StandardError(), HasSubstr(words)) << arguments;
  }
}

Status Ask(std::uint16_t port) {
  ArchiveOptions options;
  options.address = {"127.0.0.1", port};
  options.timeout_seconds = 1;
  return data_loader::MakePacsClient(options)
      ->Find(*data_loader::ParseArchiveQuery("Modality=MR"))
      .status();
}

TEST(NoArchive, NobodyListens) {
  const std::uint16_t port = testing::SilentServer().port();  // closed again
  EXPECT_EQ(Ask(port).code(), StatusCode::kUnavailable);
}

TEST(NoArchive, NobodyAnswers) {
  const testing::SilentServer server;
  EXPECT_EQ(Ask(server.port()).code(), StatusCode::kDeadlineExceeded);
}

// Answers what it is sent with these bytes, and hangs up.
void ServeOnce(const testing::SilentServer& server, const std::string& answer) {
  const int connection = ::accept(server.socket(), nullptr, nullptr);
  char request[65536];
  (void)::recv(connection, request, sizeof request, 0);
  (void)::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
  ::close(connection);
}

TEST(NoArchive, AnswersMakeNoSense) {
  for (const std::string& answer :
       {std::string(), std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string(200, '\0'),
        std::string("\2\0\0\0\0\4", 6),                   // an acceptance that ends early
        std::string("\2\0\xff\xff\xff\xff\0\1\0\0", 10),  // of four gigabytes
        std::string("\4\0\0\0\0\4\0\0\0\0", 10)}) {       // data before an association
    const testing::SilentServer server;
    std::thread serving([&] { ServeOnce(server, answer); });
    EXPECT_FALSE(Ask(server.port()).ok());
    serving.join();
  }
}

TEST(NoArchive, ARefusalIsUnderstood) {
  for (const auto& [reason, code] :
       {std::pair{'\3', StatusCode::kPermissionDenied}, std::pair{'\7', StatusCode::kNotFound},
        std::pair{'\1', StatusCode::kFailedPrecondition}}) {
    const testing::SilentServer server;
    const std::string answer = std::string("\3\0\0\0\0\4\0\1\1", 9) + reason;
    std::thread serving([&] { ServeOnce(server, answer); });
    EXPECT_EQ(Ask(server.port()).code(), code);
    serving.join();
  }
}

}  // namespace
}  // namespace gvsl
