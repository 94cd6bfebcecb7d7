// Options that change while the server runs: what applies, what waits, and what changes nothing.
#include "app/cli/live_options.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace echod {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class LiveOptionsTest : public testing::Test {
 protected:
  // The options of `echod --config FILE` with `more` behind it.
  LiveOptions& start(const std::string& config, std::vector<std::string> more = {}) {
    write(config);
    arguments_ = {"echod", "--config", file_};
    arguments_.insert(arguments_.end(), more.begin(), more.end());
    for (const std::string& argument : arguments_) argv_.push_back(argument.c_str());
    live_.emplace(static_cast<int>(argv_.size()), argv_.data());
    EXPECT_FALSE(live_->read());
    return *live_;
  }

  void write(const std::string& config) { std::ofstream(file_, std::ios::trunc) << config; }

  std::string error_of(const std::string& config) {
    write(config);
    const auto change = live_->reread();
    return change ? "(none)" : change.error();
  }

  const std::string file_ = testing::TempDir() + "live_options_test_" +
                            testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml";
  void TearDown() override { std::filesystem::remove_all(file_); }

 private:
  std::vector<std::string> arguments_;
  std::vector<const char*> argv_;
  std::optional<LiveOptions> live_;
};

TEST_F(LiveOptionsTest, RereadsTheFile) {
  LiveOptions& live = start("idle-timeout = \"5m\"\n");
  write("idle-timeout = \"1m\"\nmax-body = \"1k\"\n");
  auto change = live.reread();
  ASSERT_TRUE(change) << change.error();
  EXPECT_EQ(live.options().idle_timeout, minutes(5)) << "validated, not adopted yet";
  EXPECT_EQ(change->options.idle_timeout, minutes(1));
  EXPECT_EQ(change->options.http.limits.body_size_max, 1024u);
  ASSERT_EQ(change->applied.size(), 2u);
  EXPECT_EQ(change->applied[0].name, "max-body");
  EXPECT_EQ(change->applied[1].name, "idle-timeout");
  EXPECT_EQ(change->applied[1].from, "5m");
  EXPECT_EQ(change->applied[1].to, "1m");
  EXPECT_TRUE(change->deferred.empty());
  live.adopt(std::move(*change));
  EXPECT_EQ(live.options().idle_timeout, minutes(1));
  change = live.reread();
  ASSERT_TRUE(change);
  EXPECT_TRUE(change->applied.empty());
}

TEST_F(LiveOptionsTest, AKeyThatIsGoneHasItsDefaultAgain) {
  LiveOptions& live = start("idle-timeout = \"1m\"\nallow-redirect = [\"a\", \"b\"]\n");
  write("");
  const auto change = live.reread();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->options.idle_timeout, std::nullopt);
  EXPECT_TRUE(change->options.http.control.redirect_hosts.empty());
  ASSERT_EQ(change->applied.size(), 2u);
  EXPECT_EQ(change->applied[0].from, "a, b");
  EXPECT_EQ(change->applied[1].to, "default");
}

TEST_F(LiveOptionsTest, ATableOfAPathIsShownEvenIfItIsEmpty) {
  LiveOptions& live = start("");
  write("[path.\"/a\"]\n[path.\"/b\"]\nanswer-delay = \"1s\"\n");
  const auto change = live.reread();
  ASSERT_TRUE(change) << change.error();
  ASSERT_EQ(change->applied.size(), 1u);
  EXPECT_EQ(change->applied[0].from, "none");
  EXPECT_EQ(change->applied[0].to, "/a: no settings; /b: answer-delay = 1s");
}

TEST_F(LiveOptionsTest, TheAdminInterfaceDoesNotNameFiles) {
  LiveOptions& live = start("");
  for (const std::string name : {"log-file", "access-log", "show-environment"}) {
    const auto change = live.with({{.name = name, .values = {"x"}}});
    ASSERT_FALSE(change) << name;
    EXPECT_TRUE(change.error().contains("through the configuration alone")) << change.error();
  }
}

TEST_F(LiveOptionsTest, TheCommandLineKeepsItsPrecedence) {
  LiveOptions& live = start("idle-timeout = \"5m\"\n", {"--idle-timeout", "2m"});
  write("idle-timeout = \"1m\"\n");
  const auto change = live.reread();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->options.idle_timeout, minutes(2));
  EXPECT_TRUE(change->applied.empty());
}

TEST_F(LiveOptionsTest, WhatNeedsARestartKeepsItsValue) {
  LiveOptions& live = start("workers = 1\nlisten = \"tcp://:7\"\n");
  for (int i = 0; i < 2; ++i) {  // and is reported each time
    write("workers = 2\nidle-timeout = \"1m\"\n");
    auto change = live.reread();
    ASSERT_TRUE(change);
    EXPECT_EQ(change->options.workers, 1u);
    EXPECT_EQ(change->options.listen.at(0).port, 7);
    EXPECT_EQ(change->options.idle_timeout, minutes(1));
    ASSERT_EQ(change->deferred.size(), 2u);
    EXPECT_EQ(change->deferred[0].name, "listen");
    EXPECT_EQ(change->deferred[1].to, "2");
    live.adopt(std::move(*change));
  }
}

TEST_F(LiveOptionsTest, AMistakeIsNamedWithFileAndLine) {
  LiveOptions& live = start("idle-timeout = \"5m\"\n");
  EXPECT_EQ(error_of("idle-timeout = \"1m\"\nstall-timeout = \"x\"\n"),
            file_ + ":2: stall-timeout: 'x' is not a duration; write 500ms, 10s, 5m or 1d");
  EXPECT_EQ(error_of("idle-timout = \"1m\"\n"),
            file_ + ":1: unknown key 'idle-timout'; did you mean idle-timeout?");
  EXPECT_NE(error_of("idle-timeout = \"1"), "(none)") << "half a file";
  EXPECT_EQ(error_of(std::string(kConfigSizeMax + 1, '#')),
            file_ + ": the file is larger than 1MiB");
  EXPECT_EQ(error_of("workers = 0\n"), file_ + ":1: workers: '0' is not a number from 1 to 10000")
      << "also of what takes effect later";
  std::filesystem::remove(file_);
  EXPECT_EQ(live.reread().error(), "cannot read " + file_ + ": No such file or directory");
  std::filesystem::create_directory(file_);
  EXPECT_EQ(live.reread().error(), "cannot read " + file_ + ": Is a directory");
  EXPECT_EQ(live.options().idle_timeout, minutes(5));
}

TEST_F(LiveOptionsTest, SingleOptionsChange) {
  LiveOptions& live = start("idle-timeout = \"5m\"\nworkers = 1\n");
  auto change = live.with({{"idle-timeout", {"7s"}}, {"allow-redirect", {"a", "b"}}});
  ASSERT_TRUE(change) << change.error();
  EXPECT_EQ(change->options.idle_timeout, seconds(7));
  EXPECT_EQ(change->options.http.control.redirect_hosts, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(change->options.workers, 1u);
  EXPECT_EQ(change->applied.size(), 2u);
  live.adopt(std::move(*change));
  change = live.with({{"allow-redirect", {}}});
  ASSERT_TRUE(change) << change.error();
  EXPECT_EQ(change->options.idle_timeout, seconds(7)) << "of the change before";
  EXPECT_TRUE(change->options.http.control.redirect_hosts.empty());
  live.adopt(std::move(*change));
  change = live.reread();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->options.idle_timeout, minutes(5)) << "not persisted";
}

TEST_F(LiveOptionsTest, OneMistakeChangesNone) {
  LiveOptions& live = start("idle-timeout = \"5m\"\n");
  const auto error = [&live](const std::vector<GivenSetting>& given) {
    const auto change = live.with(given);
    return change ? "(none)" : change.error();
  };
  EXPECT_EQ(error({{"idle-timeout", {"1m"}}, {"max-body", {"much"}}}),
            "max-body: 'much' is not a size; write 4096, 64k or 1MiB");
  EXPECT_EQ(error({{"idle-timout", {"1m"}}}),
            "unknown option 'idle-timout'; did you mean idle-timeout?");
  EXPECT_EQ(error({{"workers", {"2"}}}), "workers cannot change while the server runs");
  EXPECT_EQ(error({{"config", {"/etc/passwd"}}}), "config cannot change while the server runs");
  EXPECT_EQ(error({{"help", {"on"}}}).substr(0, 21), "unknown option 'help'");
  EXPECT_EQ(error({{"idle-timeout", {"1m", "2m"}}}), "idle-timeout: give one value");
  EXPECT_EQ(error({{"idle-timeout", {}}}), "idle-timeout: give one value");
  EXPECT_EQ(live.options().idle_timeout, minutes(5));
}

}  // namespace
}  // namespace echod
