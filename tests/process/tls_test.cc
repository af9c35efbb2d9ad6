// A whole cluster over mutual TLS, and who is kept out of it.
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <thread>

#include "common/file_system.h"
#include "tests/process/cluster.h"
#include "tests/support/test_certificates.h"

namespace gvsl::testing_process {
namespace {

using std::chrono::seconds;
using testing::CertificateFiles;
using testing::TestAuthority;

std::vector<std::string> TlsArguments(const CertificateFiles& own, const std::string& authority) {
  return {"--tls-cert", own.certificate, "--tls-key", own.key, "--tls-ca", authority};
}

class Tls : public ::testing::Test {
 protected:
  Tls()
      : ours(cluster.Path("."), "ours"),
        others(cluster.Path("."), "others"),
        member(ours.Sign("member")),
        stranger(others.Sign("stranger")) {
    cluster.common_arguments = TlsArguments(member, ours.file());
  }

  Finished CtlAs(const std::vector<std::string>& who) {
    const auto before = std::exchange(cluster.common_arguments, who);
    const Finished finished = cluster.Ctl({"list", "--timeout", "3"});
    cluster.common_arguments = before;
    return finished;
  }
  bool CoordinatorSays(const std::string& text) {
    return Eventually(
        [&] { return cluster.coordinator().Errors().find(text) != std::string::npos; },
        seconds(10));
  }

  Cluster cluster;
  TestAuthority ours, others;
  CertificateFiles member, stranger;
};

TEST_F(Tls, AGangEndsWithTheSameWeightsAsWithoutIt) {
  cluster.Train(2, {.steps = 12, .min_workers = 2});
  ASSERT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
  Cluster plain;
  plain.Train(1, {.steps = 12});
  ASSERT_EQ(plain.WaitForEnd("job"), "SUCCEEDED") << plain.Logs();
  EXPECT_EQ(cluster.WeightsOf("job"), plain.WeightsOf("job"));
}

TEST_F(Tls, AWatchComesBackToACoordinatorThatWasAway) {
  cluster.Train(0, {});
  const auto watch = cluster.StartCtl({"--timeout", "60", "watch", "job"});
  ASSERT_TRUE(Eventually([&] { return !watch->Output().empty(); })) << watch->Errors();
  cluster.coordinator().Signal(SIGKILL);
  ASSERT_TRUE(
      Eventually([&] { return watch->Errors().find("connecting again") != std::string::npos; }));
  std::this_thread::sleep_for(seconds(1));  // so long attempts are refused
  cluster.StartCoordinator();
  // A handshake that nobody looks after takes longer than an attempt may: it would never come.
  EXPECT_TRUE(Eventually(
      [&] { return watch->Errors().find("connected again to") != std::string::npos; }, seconds(30)))
      << watch->Errors();
}

TEST_F(Tls, WhoShowsNoCertificateOfTheAuthorityIsRefusedAndLogged) {
  cluster.StartCoordinator();
  EXPECT_EQ(CtlAs(TlsArguments(member, ours.file())).status, 0);

  const Finished of_another = CtlAs(TlsArguments(stranger, ours.file()));
  EXPECT_EQ(of_another.status, 5);
  EXPECT_NE(of_another.errors.find("of a certificate that it refused, its own log says why"),
            std::string::npos)
      << of_another.errors;
  EXPECT_TRUE(CoordinatorSays("certificate verify failed")) << cluster.Logs();

  const Finished plain = CtlAs({});
  EXPECT_EQ(plain.status, 5);
  EXPECT_TRUE(CoordinatorSays("wrong version number") || CoordinatorSays("http request"))
      << cluster.Logs();

  const Finished impostor = CtlAs(TlsArguments(member, others.file()));
  EXPECT_EQ(impostor.status, 5);
  EXPECT_NE(impostor.errors.find("certificate verify failed"), std::string::npos)
      << impostor.errors;

  for (const std::string& file : {member.key, stranger.key}) {
    const std::string key = ReadFile(PosixFileSystem(), file).value();
    const std::string secret = key.substr(key.find('\n') + 1, 40);
    ASSERT_EQ(secret.size(), 40U);
    EXPECT_EQ(cluster.Logs().find(secret), std::string::npos);
    EXPECT_EQ(of_another.errors.find(secret), std::string::npos);
  }
}

TEST_F(Tls, AWorkerOfAnotherAuthorityNeverRegisters) {
  cluster.StartCoordinator();
  cluster.StartWorker(0);
  ASSERT_TRUE(Eventually(
      [&] { return cluster.Ctl({"workers"}).output.find("worker-0") != std::string::npos; }));
  const auto before = std::exchange(cluster.common_arguments, TlsArguments(stranger, ours.file()));
  cluster.StartWorker(1);
  cluster.common_arguments = before;
  EXPECT_TRUE(CoordinatorSays("certificate verify failed")) << cluster.Logs();
  const Finished listed = cluster.Ctl({"workers"});
  EXPECT_NE(listed.output.find("worker-0"), std::string::npos) << listed.errors;
  EXPECT_EQ(listed.output.find("worker-1"), std::string::npos);
}

TEST_F(Tls, WrongFilesAreNamedBeforeAnythingIsOpened) {
  const CertificateFiles expired = ours.Sign("expired", -60);
  for (const std::string program : {"gvsl-coordinator", "gvsl-worker", "gvslctl"}) {
    std::vector<std::string> arguments = {Cluster::Program(program)};
    if (program == "gvsl-coordinator") {
      arguments.insert(arguments.end(), {"--state", cluster.Path("s"), "--listen", "127.0.0.1:0"});
    } else if (program == "gvsl-worker") {
      arguments.insert(arguments.end(), {"--work-dir", cluster.Path("w")});
    } else {
      arguments.push_back("list");
    }
    const auto tls = TlsArguments(expired, ours.file());
    arguments.insert(arguments.end(), tls.begin(), tls.end());
    const Finished finished =
        RunProgram({.arguments = arguments, .output_prefix = cluster.Path("wrong")});
    EXPECT_EQ(finished.status, 2) << program << finished.errors;
    EXPECT_NE(finished.errors.find("expired.pem: the certificate expired on"), std::string::npos)
        << program << ": " << finished.errors;
  }
}

}  // namespace
}  // namespace gvsl::testing_process
