#include "common/program_options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace gvsl {
namespace {

struct Parsed {
  std::string listen = "127.0.0.1:7600";
  int threads = 0;
};

class ProgramOptions : public testing::Test {
 protected:
  ~ProgramOptions() override {
    ::unsetenv("GVSL_LISTEN");
    std::filesystem::remove(path_);
  }

  void WriteConfig(const std::string& yaml) { std::ofstream(path_) << yaml; }

  Parsed Parse(std::vector<std::string> arguments) {
    CLI::App app;
    Parsed parsed;
    app.add_option("--listen", parsed.listen, "");
    app.add_option("--threads", parsed.threads, "");
    AddConfigSources(app);
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    return parsed;
  }

  std::string path_ = std::filesystem::temp_directory_path() /
                      ("gvsl-options-" + std::to_string(::getpid()) + ".yaml");
};

TEST_F(ProgramOptions, ComeFromTheFile) {
  WriteConfig("listen: 127.0.0.1:1\nthreads: 3\n");
  const Parsed parsed = Parse({"--config", path_});
  EXPECT_EQ(parsed.listen, "127.0.0.1:1");
  EXPECT_EQ(parsed.threads, 3);
}

TEST_F(ProgramOptions, TakeTheEnvironmentOverTheFileAndTheFlagOverBoth) {
  WriteConfig("listen: 127.0.0.1:1\n");
  ::setenv("GVSL_LISTEN", "127.0.0.1:2", 1);
  EXPECT_EQ(Parse({"--config", path_}).listen, "127.0.0.1:2");
  EXPECT_EQ(Parse({"--config", path_, "--listen", "127.0.0.1:3"}).listen, "127.0.0.1:3");
}

TEST_F(ProgramOptions, RefuseAnUnknownKeyInTheFile) {
  WriteConfig("lissten: 127.0.0.1:1\n");
  EXPECT_THROW(Parse({"--config", path_}), CLI::ParseError);
}

TEST_F(ProgramOptions, RefuseAKeyThatIsTwiceInTheFile) {
  WriteConfig("threads: 1\nthreads: 2\n");
  EXPECT_THROW(Parse({"--config", path_}), CLI::ParseError);
}

TEST_F(ProgramOptions, TakeOnlyFiniteNumbersOfARange) {
  const CLI::Validator check = NumberFrom(0.5, 3);
  for (std::string good : {"0.5", "3", "1e0"}) EXPECT_EQ(check(good), "") << good;
  for (std::string bad : {"nan", "inf", "-1", "3.1", "", "1x"}) {
    EXPECT_NE(check(bad).find("a number from 0.5 to 3 is expected"), std::string::npos) << bad;
  }
}

TEST_F(ProgramOptions, RefuseAFileThatIsNotYaml) {
  WriteConfig("listen: [1\n");
  EXPECT_THROW(Parse({"--config", path_}), CLI::ParseError);
}

TEST(Address, NamesItsHost) {
  EXPECT_EQ(HostOfAddress("localhost:7600").value(), "localhost");
  EXPECT_EQ(HostOfAddress("[::1]:0").value(), "::1");
  for (const char* wrong : {"", "localhost", ":1", "a:b", "a:70000", "a:-1", "a:"}) {
    EXPECT_FALSE(HostOfAddress(wrong).ok()) << wrong;
  }
}

TEST(Address, IsLoopbackOnlyByNumberOrTheNameLocalhost) {
  EXPECT_TRUE(IsLoopbackAddress("127.0.0.1:1"));
  EXPECT_TRUE(IsLoopbackAddress("127.8.8.8:1"));
  EXPECT_TRUE(IsLoopbackAddress("localhost:1"));
  EXPECT_TRUE(IsLoopbackAddress("[::1]:1"));
  EXPECT_FALSE(IsLoopbackAddress("127.example.org:1"));
  EXPECT_FALSE(IsLoopbackAddress("0.0.0.0:1"));
}

}  // namespace
}  // namespace gvsl
