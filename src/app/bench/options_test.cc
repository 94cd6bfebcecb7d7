#include "app/bench/options.h"

#include <gtest/gtest.h>

#include <vector>

namespace echod {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

BenchCommand parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "bench");
  return parse_bench_command_line(static_cast<int>(arguments.size()), arguments.data());
}

BenchOptions options(std::vector<const char*> arguments) {
  arguments.push_back("tcp://localhost:7");
  BenchCommand command = parse(arguments);
  if (auto* ending = std::get_if<CommandParser::Ending>(&command)) ADD_FAILURE() << ending->text;
  auto* run = std::get_if<BenchOptions>(&command);
  return run == nullptr ? BenchOptions() : *run;
}

std::string mistake(const std::vector<const char*>& arguments) {
  BenchCommand command = parse(arguments);
  auto* ending = std::get_if<CommandParser::Ending>(&command);
  if (ending == nullptr) {
    ADD_FAILURE() << "no mistake";
    return {};
  }
  EXPECT_EQ(ending->exit_code, kExitUsage);
  return ending->text;
}

TEST(BenchOptionsTest, Defaults) {
  const BenchOptions defaults = options({});
  EXPECT_EQ(defaults.target.host, "localhost");
  EXPECT_EQ(defaults.connections, 50u);
  EXPECT_EQ(defaults.threads, 0u);
  EXPECT_EQ(defaults.pipeline, std::nullopt);
  ASSERT_EQ(defaults.sizes.size(), 1u);
  EXPECT_EQ(defaults.sizes[0].size, 64u);
  EXPECT_EQ(defaults.messages, std::nullopt);
  EXPECT_EQ(defaults.duration, std::nullopt);
  EXPECT_EQ(defaults.rate, 0);
  EXPECT_EQ(defaults.warm_up, std::nullopt);
  EXPECT_EQ(defaults.timeout, seconds(10));
  EXPECT_EQ(defaults.interval, seconds(1));
  EXPECT_EQ(defaults.engine, std::nullopt);
  EXPECT_TRUE(defaults.verify);
  EXPECT_TRUE(defaults.view);
  EXPECT_FALSE(defaults.connect_each || defaults.self || defaults.pin);
}

TEST(BenchOptionsTest, EveryOption) {
  EXPECT_EQ(options({"-c", "7"}).connections, 7u);
  EXPECT_EQ(options({"--connections=7"}).connections, 7u);
  EXPECT_EQ(options({"-t3"}).threads, 3u);
  EXPECT_EQ(options({"-n", "1000"}).messages, 1000u);
  EXPECT_EQ(options({"-d", "1500ms"}).duration, milliseconds(1500));
  EXPECT_EQ(options({"-z5s"}).duration, seconds(5));
  EXPECT_EQ(options({"--pipeline", "16"}).pipeline, 16u);
  EXPECT_EQ(options({"-r", "20k"}).rate, 20'000);
  EXPECT_EQ(options({"-R", "1.5M"}).rate, 1'500'000);
  EXPECT_EQ(options({"-q", "0.5"}).rate, 0.5);
  EXPECT_EQ(options({"--connect-rate", "100"}).connect_rate, 100);
  EXPECT_EQ(options({"--idle", "9"}).idle, 9u);
  EXPECT_EQ(options({"--warmup", "2s"}).warm_up, seconds(2));
  EXPECT_EQ(options({"--warmup", "0"}).warm_up, Duration::zero());
  EXPECT_EQ(options({"--ramp", "2s"}).ramp, seconds(2));
  EXPECT_EQ(options({"--timeout", "2s"}).timeout, seconds(2));
  EXPECT_EQ(options({"-i", "2s"}).interval, seconds(2));
  EXPECT_EQ(options({"-i", "1us"}).interval, milliseconds(10));
  EXPECT_EQ(options({"-e", "uring"}).engine, EngineKind::kUring);
  EXPECT_EQ(options({"-B", "127.0.0.2", "--source", "127.0.0.3"}).sources,
            (std::vector<std::string>{"127.0.0.2", "127.0.0.3"}));
  EXPECT_FALSE(options({"--no-verify"}).verify);
  EXPECT_FALSE(options({"--no-view"}).view);
  EXPECT_FALSE(options({"--no-tui"}).view);
  EXPECT_TRUE(options({"--connect-each"}).connect_each);
  EXPECT_TRUE(options({"--disable-keepalive"}).connect_each);
  EXPECT_TRUE(options({"--pin"}).pin);
  EXPECT_TRUE(options({"--self"}).self);
  EXPECT_EQ(options({"--json", "a"}).json_file, "a");
  EXPECT_EQ(options({"-J"}).json_file, "-");
  EXPECT_EQ(options({"--html", "a"}).html_file, "a");
  EXPECT_EQ(options({"--hlog", "a"}).hlog_file, "a");
  EXPECT_EQ(options({"--fail-if", "p99>5ms", "--fail-if", "errors>0"}).fail_if.size(), 2u);
}

TEST(BenchOptionsTest, Sizes) {
  const std::vector<SizeShare> mix = options({"-s", "64:9,1KiB:1,2kB"}).sizes;
  ASSERT_EQ(mix.size(), 3u);
  EXPECT_EQ(mix[0].size, 64u);
  EXPECT_EQ(mix[0].weight, 9u);
  EXPECT_EQ(mix[1].size, 1024u);
  EXPECT_EQ(mix[2].size, 2000u);
  EXPECT_EQ(mix[2].weight, 1u);
  for (const char* wrong : {"", "0", "64:", "64:0", "64:-1", "64,", ",64", "64:1:2", "2GiB", "x"}) {
    EXPECT_NE(mistake({"-s", wrong, "localhost:7"}).find("--size"), std::string::npos) << wrong;
  }
}

TEST(BenchOptionsTest, Headers) {
  BenchCommand command = parse({"-H", "A: b", "--header", "X-Y:z", "http://localhost"});
  EXPECT_EQ(std::get<BenchOptions>(command).headers, (std::vector<std::string>{"A: b", "X-Y:z"}));
  for (const char* wrong : {"A", ": b", "A b: c", "A: b\r\nC: d", "A\n: b"}) {
    EXPECT_NE(mistake({"-H", wrong, "http://localhost"}).find("--header"), std::string::npos);
  }
}

TEST(BenchOptionsTest, Rates) {
  for (const char* wrong : {"0", "-5", "x", "5x", "1e9", "inf", "nan", ""}) {
    EXPECT_NE(mistake({"--rate", wrong, "localhost:7"}).find("--rate"), std::string::npos) << wrong;
  }
}

TEST(BenchOptionsTest, TheTesterAloneNeedsNoUrl) {
  EXPECT_TRUE(std::get<BenchOptions>(parse({"--self"})).target.url.empty());
  EXPECT_NE(mistake({}).find("missing URL; give one"), std::string::npos);
}

TEST(BenchOptionsTest, WhatASharedOptionLeavesToTheServer) {
  const auto echo = [](std::vector<const char*> arguments) {
    arguments.push_back("http://localhost");
    return std::get<BenchOptions>(parse(arguments)).http.echo;
  };
  EXPECT_TRUE(echo({}));
  EXPECT_TRUE(echo({"--method", "PUT"}));
  EXPECT_TRUE(echo({"--method", "GET", "--method", "PUT"}));
  EXPECT_FALSE(echo({"--method", "HEAD"}));
  EXPECT_FALSE(echo({"--body", "x"}));
  EXPECT_FALSE(echo({"--expect-status", "2xx"}));
}

TEST(BenchOptionsTest, FlagsCanBeTurnedBack) {
  EXPECT_TRUE(options({"--no-verify", "--verify"}).verify);
  EXPECT_FALSE(options({"--verify", "--no-verify"}).verify);
  EXPECT_FALSE(options({"--pin", "--no-pin"}).pin);
  EXPECT_EQ(options({"-d", "0"}).duration, std::nullopt);
  EXPECT_EQ(options({"--timeout", "0"}).timeout, seconds(10));
}

TEST(BenchOptionsTest, Compare) {
  const auto two = std::get<CompareOptions>(parse({"compare", "a", "b", "--threshold", "10%"}));
  EXPECT_EQ(two.base_files, std::vector<std::string>{"a"});
  EXPECT_EQ(two.new_files, std::vector<std::string>{"b"});
  EXPECT_DOUBLE_EQ(two.threshold, 0.1);
  const auto more = std::get<CompareOptions>(
      parse({"compare", "a", "b", "c", "--new", "d", "--new", "e", "--confidence", "0.99"}));
  EXPECT_EQ(more.base_files, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(more.new_files, (std::vector<std::string>{"d", "e"}));
  EXPECT_DOUBLE_EQ(more.confidence, 0.99);
  mistake({"compare"});
  mistake({"compare", "a"});
  mistake({"compare", "a", "b", "c"});
  mistake({"compare", "--new", "a"});
  mistake({"compare", "a", "b", "--threshold", "5"});
  mistake({"compare", "a", "b", "--confidence", "10%"});
}

TEST(BenchOptionsTest, Merge) {
  const auto merge = std::get<MergeOptions>(parse({"merge", "a", "b", "c", "--json", "d"}));
  EXPECT_EQ(merge.files, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(merge.json_file, "d");
  mistake({"merge"});
}

TEST(BenchOptionsTest, HelpOfEveryVerb) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"--help"}, {"compare", "--help"}, {"merge", "--help"}}) {
    BenchCommand command = parse(arguments);
    const auto& ending = std::get<CommandParser::Ending>(command);
    EXPECT_EQ(ending.exit_code, kExitSuccess);
    EXPECT_NE(ending.text.find("Exit status"), std::string::npos);
  }
}

}  // namespace
}  // namespace echod
