// What needs no coordinator: parsing, help, completion, and what a later version brings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/core/context.h"
#include "tests/cli/cli_fixture.h"

namespace gvsl::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Usage, NothingAtAllIsWrongUsageAndSaysWhatThereIs) {
  const CliResult result = Cli().Run({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("a command is needed: submit, list"));
  EXPECT_EQ(result.out, "");
}

TEST(Usage, AnUnknownCommandIsToldTheNearestOne) {
  const CliResult result = Cli().Run({"sumbit", "x.yaml"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("unknown command sumbit; did you mean submit?"));
}

TEST(Usage, AnUnknownOptionIsToldTheNearestOne) {
  const CliResult result = Cli().Run({"list", "--jsn"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("unexpected argument --jsn; did you mean --json?"));
}

TEST(Usage, WhatIsMissingTooMuchOrMalformedIsWrongUsage) {
  const std::vector<std::vector<std::string>> wrong = {
      {"get"},
      {"get", "a", "b"},
      {"list", "a"},
      {"checkpoint"},
      {"checkpoint", "verify", "a", "x"},
      {"checkpoint", "verify", "a", "-1"},
      {"completion", "tcsh"},
      {"scale", "a"},
      {"scale", "a", "--workers", "4"},
      {"scale", "a", "--workers", "1:x"},
      {"export", "a", "weights.bin"},
      {"export", "a@x", "w.safetensors"},
      {"local", "up", "--workers", "0"},
      {"submit", "/no/such/file.yaml"},
      {"submit", "/"},
      {"list", "--timeout", "0"},
      {"list", "--timeout", "soon"},
      {"list", "--coordinator", "nowhere"},
      {"list", "--coordinator", "192.0.2.1:7600"},
  };
  for (const auto& arguments : wrong) {
    const CliResult result = Cli().Run(arguments);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err, "");
  }
}

TEST(Usage, HelpAndVersionAreDone) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--help"}, {"submit", "--help"}, {"checkpoint", "verify", "--help"}, {"--version"}}) {
    const CliResult result = Cli().Run(arguments);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_NE(result.out, "");
    EXPECT_EQ(result.err, "");
  }
}

TEST(Usage, HelpTellsTheExitCodes) {
  EXPECT_THAT(Cli().Run({"--help"}).out, HasSubstr("5  coordinator unreachable"));
}

TEST(Usage, WhatALaterVersionBringsIsUnimplementedByName) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> later = {
      {{"priority", "a", "5"}, "priority"},
      {{"checkpoint", "pin", "a", "5"}, "checkpoint pin"},
      {{"checkpoint", "unpin", "a", "5"}, "checkpoint unpin"},
      {{"cordon", "w"}, "cordon"},
      {{"uncordon", "w"}, "uncordon"},
      {{"drain", "w"}, "drain"},
  };
  for (const auto& [arguments, name] : later) {
    const CliResult result = Cli().Run(arguments);
    EXPECT_EQ(result.exit_code, 1) << name;
    EXPECT_THAT(result.err, HasSubstr("UNIMPLEMENTED: "));
    EXPECT_THAT(result.err, HasSubstr(name));
  }
}

TEST(Usage, ACoordinatorThatIsNotThereIsExitFiveWithItsAddress) {
  Cli cli;
  cli.variables["GVSL_COORDINATOR"] = "127.0.0.1:1";
  const CliResult result = cli.Run({"list"});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, HasSubstr("coordinator 127.0.0.1:1 is unreachable"));
  EXPECT_THAT(cli.Run({"watch", "a"}).exit_code, 5);
  EXPECT_THAT(cli.Run({"logs", "a", "-f"}).exit_code, 5);
}

TEST(Usage, OnlyCommandsThatCallTheCoordinatorCareHowItIsReached) {
  Cli cli;
  cli.variables["GVSL_COORDINATOR"] = "cluster.example:7600";
  for (const std::vector<std::string>& call :
       {std::vector<std::string>{"list"}, {"workers"}, {"get", "a"}, {"checkpoints", "a"}}) {
    const CliResult result = cli.Run(call);
    EXPECT_EQ(result.exit_code, 2) << call[0];
    EXPECT_THAT(result.err, HasSubstr("--insecure")) << call[0];
  }
  EXPECT_EQ(cli.Run({"version"}).exit_code, 0);
  EXPECT_EQ(cli.Run({"completion", "bash"}).exit_code, 0);
  ScratchFolder folder;
  const CliResult status = cli.Run({"local", "status", "--dir", folder.path()});
  EXPECT_THAT(status.err, Not(HasSubstr("--insecure")));
}

TEST(Usage, IncompleteTlsIsWrongUsageAndNamesWhatIsMissing) {
  const CliResult result = Cli().Run({"list", "--tls-ca", "ca.pem"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--tls-cert: is needed for TLS"));
}

TEST(Usage, CertificatesMayStandInTheEnvironmentAsForTheServers) {
  ::setenv("GVSL_TLS_CA", "ca.pem", 1);
  const CliResult result = Cli().Run({"list"});
  ::unsetenv("GVSL_TLS_CA");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--tls-cert: is needed for TLS"));
}

TEST(Usage, TheFlagGoesOverTheVariable) {
  Cli cli;
  cli.variables["GVSL_COORDINATOR"] = "127.0.0.1:1";
  EXPECT_THAT(cli.Run({"list", "--coordinator", "127.0.0.1:2"}).err, HasSubstr("127.0.0.1:2"));
}

TEST(Usage, CompletionKnowsEveryCommandAndOption) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const CliResult result = Cli().Run({"completion", shell});
    EXPECT_EQ(result.exit_code, 0);
    for (const char* word : {"submit", "checkpoint", "verify", "request-id", "since-offset"}) {
      EXPECT_THAT(result.out, HasSubstr(word)) << shell;
    }
  }
}

TEST(Timeout, TakesSecondsAndUnits) {
  EXPECT_EQ(ToSeconds(ParseTimeout("10").value()), 10);
  EXPECT_EQ(ToSeconds(ParseTimeout("1.5s").value()), 1.5);
  EXPECT_EQ(ToSeconds(ParseTimeout("250ms").value()), 0.25);
  EXPECT_EQ(ToSeconds(ParseTimeout("2m").value()), 120);
  EXPECT_EQ(ToSeconds(ParseTimeout("1h").value()), 3600);
  for (const char* wrong : {"", "s", "-1", "0", "1d", "1e99", "nan", "inf", "1 s"}) {
    EXPECT_FALSE(ParseTimeout(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace gvsl::cli
