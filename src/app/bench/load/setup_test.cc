#include "app/bench/load/setup.h"

#include <gtest/gtest.h>

#include <set>

#include "net/resolver.h"

namespace echod {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

BenchOptions options_for(const char* host, uint16_t port = 9999) {
  BenchOptions options;
  options.target.host = host;
  options.target.port = port;
  options.engine = EngineKind::kEpoll;
  return options;
}

std::vector<std::string> sources_of(const BenchOptions& options) {
  const Endpoint target = resolve(options.target.host, 9999)->front();
  auto sources = bench_sources(options, target);
  EXPECT_TRUE(sources);
  std::vector<std::string> texts;
  for (const Endpoint& source : *sources) texts.push_back(source.to_string());
  return texts;
}

TEST(SetupTest, OneSourceAddressIsEnoughForMost) {
  BenchOptions options = options_for("127.0.0.1");
  options.connections = 20'000;
  EXPECT_TRUE(sources_of(options).empty());
  options.connections = 1'000'000;
  options.target.host = "192.0.2.1";  // whatever routes there decides
  EXPECT_TRUE(sources_of(options).empty());
  options.target.host = "::1";  // there is only one
  EXPECT_TRUE(sources_of(options).empty());
}

TEST(SetupTest, LoopbackConnectionsAreSpreadOverSourceAddresses) {
  BenchOptions options = options_for("127.0.0.1");
  options.connections = 20'001;
  EXPECT_EQ(sources_of(options), (std::vector<std::string>{"127.0.0.1:0", "127.0.0.2:0"}));
  options.connections = 10'000;
  options.idle = 50'000;  // quiet ones count too
  EXPECT_EQ(sources_of(options).size(), 3u);
  options.connections = 1'000'000;
  options.idle = 4'000'000;
  const std::vector<std::string> many = sources_of(options);
  EXPECT_EQ(many.size(), 250u);
  EXPECT_EQ(std::set<std::string>(many.begin(), many.end()).size(), 250u);
  EXPECT_EQ(many[200], "127.0.1.1:0");
}

TEST(SetupTest, AConnectionForEachMessageNeedsRoomForTimeWait) {
  BenchOptions options = options_for("127.0.0.1");
  options.connect_each = true;
  EXPECT_EQ(sources_of(options).size(), 16u);
}

TEST(SetupTest, SourcesGivenAreTaken) {
  BenchOptions options = options_for("127.0.0.1");
  options.connections = 100'000;
  options.sources = {"127.0.0.9"};
  EXPECT_EQ(sources_of(options), std::vector<std::string>{"127.0.0.9:0"});
  options.sources = {"::1"};
  auto wrong = bench_setup(options);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().find("cannot connect"), std::string::npos) << wrong.error();
}

TEST(SetupTest, DefaultsOfEachMode) {
  BenchOptions options = options_for("127.0.0.1");
  options.threads = 8;
  options.connections = 3;
  EXPECT_EQ(bench_setup(options)->threads, 3u);  // not more than connections
  EXPECT_EQ(bench_setup(options)->pipeline, 1u);
  EXPECT_FALSE(bench_setup(options)->open_loop());
  EXPECT_EQ(bench_duration(options), seconds(10));
  EXPECT_EQ(bench_warm_up(options), milliseconds(250));
  options.messages = 5;
  EXPECT_EQ(bench_duration(options), std::nullopt);
  EXPECT_EQ(bench_warm_up(options), Duration::zero());
  options.rate = 100;
  EXPECT_EQ(bench_setup(options)->pipeline, 1024u);
  EXPECT_TRUE(bench_setup(options)->open_loop());
  EXPECT_EQ(bench_plan(*bench_setup(options)).loop, "open");
  options.pipeline = 7;
  EXPECT_EQ(bench_setup(options)->pipeline, 7u);
  options.connect_each = true;
  EXPECT_EQ(bench_setup(options)->pipeline, 1u);
}

TEST(SetupTest, AConnectRateIsARampOrASchedule) {
  BenchOptions options = options_for("127.0.0.1");
  options.connections = 500;
  options.connect_rate = 100;
  EXPECT_EQ(bench_setup(options)->opening, seconds(5));
  EXPECT_FALSE(bench_setup(options)->open_loop());
  options.ramp = seconds(9);
  EXPECT_EQ(bench_setup(options)->opening, seconds(9));
  options.connect_each = true;
  options.ramp = Duration::zero();
  EXPECT_EQ(bench_setup(options)->opening, Duration::zero());
  EXPECT_EQ(bench_setup(options)->rate, 100);
}

TEST(SetupTest, WhatHttpRequestsSay) {
  BenchOptions options = options_for("::1", 80);
  options.headers = {"A: b", "C: d"};
  EXPECT_EQ(bench_setup(options)->host, "[::1]");
  EXPECT_EQ(bench_setup(options)->fields, "A: b\r\nC: d\r\n");
  options.target.port = 81;
  EXPECT_EQ(bench_setup(options)->host, "[::1]:81");
}

TEST(SetupTest, ThePlanInNumbers) {
  BenchOptions options = options_for("127.0.0.1");
  options.sizes = {{64, 9}, {1024, 1}};
  EXPECT_EQ(bench_plan(*bench_setup(options)).sizes, "64:9,1024:1");
  options.sizes = {{100, 5}};
  EXPECT_EQ(bench_plan(*bench_setup(options)).sizes, "100");
}

}  // namespace
}  // namespace echod
