// Where a value comes from: the command line counts before the environment, the environment before
// the file, the file before the default; and a mistake in each says where it is.
#include "app/cli/command_parser.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace echod {
namespace {

struct Members {
  unsigned workers = 4;
  uint64_t body_size_max = 1024;
  std::vector<std::string> hosts = {"first"};
  bool verify = true;
};

Verb verb_of(const std::string& section) {
  return {.name = "echod",
          .usage = "",
          .summary = "",
          .description = "",
          .footer = "",
          .section = section};
}

OptionTable table_of(Members& members) {
  return {{"Group",
           {{.name = "workers",
             .letters = "w",
             .value = as_count(members.workers, 1, 100),
             .help = "Workers"},
            {.name = "max-body", .value = as_size(members.body_size_max), .help = "Body"},
            {.name = "allow", .value = as_texts(members.hosts, "HOST"), .help = "Host"},
            {.name = "verify", .value = as_flag(members.verify), .help = "Verify"}}}};
}

class CommandParserTest : public testing::Test {
 protected:
  void TearDown() override {
    for (const std::string& name : variables_) ::unsetenv(name.c_str());
    std::filesystem::remove(file_);
  }

  void set_variable(const std::string& name, const std::string& value) {
    variables_.push_back(name);
    ::setenv(name.c_str(), value.c_str(), 1);
  }

  const std::string& write_file(const std::string& text) {
    // Tests of this file may run beside each other, each in a process of its own.
    file_ = testing::TempDir() + "/command_parser_test." + std::to_string(::getpid()) + ".toml";
    std::ofstream(file_) << text;
    return file_;
  }

  // The mistake's line, or nothing.
  std::string parse(std::vector<std::string> arguments, const std::string& section = "") {
    members_ = Members();
    CommandParser parser(verb_of(section), table_of(members_));
    std::vector<const char*> pointers = {"echod"};
    for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
    const auto ending = parser.parse(static_cast<int>(pointers.size()), pointers.data());
    places_.clear();
    for (const Setting& setting : parser.settings()) {
      places_[std::string(setting.option->name)] = {setting.origin, setting.place};
    }
    if (!ending) return {};
    EXPECT_EQ(ending->exit_code, kExitUsage);
    return ending->text;
  }

  Members members_;
  std::map<std::string, std::pair<Origin, std::string>> places_;
  std::vector<std::string> variables_;
  std::string file_;
};

TEST_F(CommandParserTest, EachPlaceCountsBeforeTheNext) {
  EXPECT_EQ(parse({}), "");
  EXPECT_EQ(members_.workers, 4u);
  EXPECT_EQ(places_["workers"].first, Origin::kDefault);

  write_file("# settings\nworkers = 5\n");
  EXPECT_EQ(parse({"--config", file_}), "");
  EXPECT_EQ(members_.workers, 5u);
  EXPECT_EQ(places_["workers"], (std::pair(Origin::kFile, file_ + ":2: workers")));

  set_variable("ECHOD_WORKERS", "6");
  EXPECT_EQ(parse({"--config", file_}), "");
  EXPECT_EQ(members_.workers, 6u);
  EXPECT_EQ(places_["workers"], (std::pair(Origin::kEnvironment, std::string("ECHOD_WORKERS"))));

  EXPECT_EQ(parse({"--config", file_, "-w", "7"}), "");
  EXPECT_EQ(members_.workers, 7u);
  EXPECT_EQ(places_["workers"], (std::pair(Origin::kCommandLine, std::string("--workers"))));
}

TEST_F(CommandParserTest, AVariableNamesTheFile) {
  set_variable("ECHOD_CONFIG", write_file("max-body = \"2KiB\"\n"));
  EXPECT_EQ(parse({}), "");
  EXPECT_EQ(members_.body_size_max, 2048u);
}

TEST_F(CommandParserTest, ListsAreReplacedAsAWhole) {
  EXPECT_EQ(parse({}), "");
  EXPECT_EQ(members_.hosts, std::vector<std::string>{"first"});
  write_file("allow = [\"a\", 'b',\n  \"c\"] # hosts\n");
  EXPECT_EQ(parse({"--config", file_}), "");
  EXPECT_EQ(members_.hosts, (std::vector<std::string>{"a", "b", "c"}));
  set_variable("ECHOD_ALLOW", "d,e");
  EXPECT_EQ(parse({"--config", file_}), "");
  EXPECT_EQ(members_.hosts, (std::vector<std::string>{"d", "e"}));
  EXPECT_EQ(parse({"--config", file_, "--allow", "f,g", "--allow=h"}), "");
  EXPECT_EQ(members_.hosts, (std::vector<std::string>{"f,g", "h"}));
}

TEST_F(CommandParserTest, FlagsAreTurnedOnAndOffEverywhere) {
  EXPECT_EQ(parse({"--config", write_file("verify = false\n")}), "");
  EXPECT_FALSE(members_.verify);
  EXPECT_EQ(parse({"--config", file_, "--verify"}), "");
  EXPECT_TRUE(members_.verify);
  set_variable("ECHOD_VERIFY", "no");
  EXPECT_EQ(parse({}), "");
  EXPECT_FALSE(members_.verify);
  EXPECT_EQ(parse({"--no-verify", "--verify"}), "");
  EXPECT_TRUE(members_.verify);
}

TEST_F(CommandParserTest, AnEmptyVariableIsNone) {
  set_variable("ECHOD_WORKERS", "");
  EXPECT_EQ(parse({}), "");
  EXPECT_EQ(members_.workers, 4u);
}

TEST_F(CommandParserTest, AVerbReadsItsOwnTable) {
  write_file("workers = 2\n[bench]\nworkers = 3\n[sim]\nseed = 1\n");
  EXPECT_EQ(parse({"--config", file_}), "");
  EXPECT_EQ(members_.workers, 2u);
  set_variable("ECHOD_WORKERS", "9");
  EXPECT_EQ(parse({"--config", file_}, "bench"), "");
  EXPECT_EQ(members_.workers, 3u);
  set_variable("ECHOD_BENCH_WORKERS", "8");
  EXPECT_EQ(parse({"--config", file_}, "bench"), "");
  EXPECT_EQ(members_.workers, 8u);
}

TEST_F(CommandParserTest, MistakesSayWhereAndWhatIsRight) {
  const auto in_file = [this](const std::string& text) {
    const std::string mistake = parse({"--config", write_file(text)});
    EXPECT_TRUE(mistake.starts_with("echod: " + file_ + ":")) << mistake;
    return mistake.substr(std::string("echod: ").size() + file_.size());
  };
  const std::string advice = " (echod config example shows every key)\n";
  EXPECT_EQ(in_file("\nworkres = 2\n"),
            ":2: unknown key 'workres'; did you mean workers?" + advice);
  EXPECT_EQ(in_file("workers = 0\n"), ":1: workers: '0' is not a number from 1 to 100" + advice);
  EXPECT_EQ(in_file("workers = [1, 2]\n"), ":1: workers: give one value, not an array" + advice);
  EXPECT_EQ(in_file("allow = []\n"), ":1: allow: give at least one value" + advice);
  EXPECT_EQ(in_file("config = 'x'\n"), ":1: unknown key 'config'" + advice);
  EXPECT_EQ(in_file("help = true\n"), ":1: unknown key 'help'" + advice);
  EXPECT_EQ(in_file("[benhc]\n"), ":1: unknown table 'benhc'; did you mean bench?" + advice);
  EXPECT_EQ(in_file("workers = 2s\n"), ":1: workers: put '2s' into quotes" + advice);
  // Also of a value that another place replaces.
  EXPECT_NE(parse({"--config", write_file("workers = 0\n"), "--workers", "3"}), "");

  EXPECT_EQ(parse({"--config", "/no/such/file"}),
            "echod: cannot read /no/such/file: No such file or directory" + advice);
  set_variable("ECHOD_MAX_BODY", "big");
  EXPECT_EQ(parse({}),
            "echod: ECHOD_MAX_BODY: 'big' is not a size; write 4096, 64k or 1MiB "
            "(echod --help-all lists the options)\n");
}

}  // namespace
}  // namespace echod
