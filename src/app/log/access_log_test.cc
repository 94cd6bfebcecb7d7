// The access log's file, and what becomes of lines that cannot be written.
#include "app/log/access_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/timer_test_util.h"
#include "stream/session.h"

namespace echod {
namespace {

using nlohmann::json;

// Keeps its lines as JSON; from any thread.
class AccessRecorder final : public Log {
 public:
  bool wants(LogLevel) const override { return true; }
  void write(const LogLine& line) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(json::parse(format_line(LogFormat::kJson, line, {})));
  }
  uint64_t dropped() const override { return 0; }

  std::vector<json> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<json> lines_;
};

class AccessTransport final : public Transport {
 public:
  TransportFacts facts() const override {
    return {.number = 7, .remote = "192.0.2.1:5000", .local = {}, .tcp = {}};
  }
};

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    std::string name = (std::filesystem::temp_directory_path() / "echod-access-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    session_.transport = &transport_;
    session_.requests = 2;
  }
  ~AccessLogTest() override { std::filesystem::remove_all(directory_); }

  std::string path(std::string_view name) const { return directory_ / name; }

  std::unique_ptr<AccessLog> open(AccessLogOptions options) {
    options.timestamps = LogTimestamps::kOff;
    auto access_log = AccessLog::open(options, log_);
    EXPECT_TRUE(access_log) << access_log.error();
    return std::move(*access_log);
  }

  // Sums up what the log was told of lost lines.
  uint64_t reported() const {
    uint64_t lost = 0;
    for (const json& line : log_.lines()) {
      if (line["event"] == "access_log_failed") continue;
      EXPECT_EQ(line["event"], "access_log_lines_dropped");
      EXPECT_EQ(line["level"], "warning");
      lost += line["dropped"].get<uint64_t>();
    }
    return lost;
  }

  static std::vector<std::string> lines_of(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  std::filesystem::path directory_;
  AccessRecorder log_;
  AccessTransport transport_;
  FakeClock clock_;
  BufferPool pool_{{}};
  Session session_{.clock = clock_, .buffers = pool_};
};

http::ExchangeFacts facts_of_a_get() {
  http::ExchangeFacts facts;
  facts.request.method = "GET";
  facts.request.target = "/";
  facts.status = 200;
  return facts;
}
const http::ExchangeFacts kFacts = facts_of_a_get();

TEST_F(AccessLogTest, SkippedRequestsHaveNoLine) {
  const std::string file = path("access");
  std::unique_ptr<AccessLog> access_log =
      open({.file = file, .skips = {*parse_access_log_skip("/ status=2xx")}});
  http::ExchangeFacts facts = kFacts;
  access_log->answered(session_, facts);
  facts.status = 404;
  access_log->answered(session_, facts);
  access_log.reset();
  ASSERT_EQ(lines_of(file).size(), 1u);
  EXPECT_TRUE(lines_of(file)[0].contains(" 404 ")) << lines_of(file)[0];
}

TEST_F(AccessLogTest, OptionsChangeForLaterLines) {
  std::unique_ptr<AccessLog> access_log = open({});
  const auto change = [&access_log](const AccessLogOptions& options) {
    auto swap = access_log->prepare(options);
    ASSERT_TRUE(swap) << swap.error();
    (*swap)();
  };
  access_log->answered(session_, kFacts);
  EXPECT_FALSE(access_log->dropped());
  EXPECT_EQ(access_log->reopen(), false);

  change({.file = path("one"), .format = AccessLogFormat::kJson});
  access_log->answered(session_, kFacts);
  EXPECT_FALSE(access_log->prepare({.file = path("none/access")}));
  while (lines_of(path("one")).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  change({.file = path("two"), .format = AccessLogFormat::kCombined});
  access_log->answered(session_, kFacts);
  change({.file = path("two"), .skips = {*parse_access_log_skip("status=200")}});
  access_log->answered(session_, kFacts);
  while (lines_of(path("two")).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  change({});
  access_log->answered(session_, kFacts);
  EXPECT_EQ(access_log->reopen(), false);

  // Turned on again it opens the file anew, which may have been renamed meanwhile.
  std::filesystem::rename(path("two"), path("two.1"));
  change({.file = path("two")});
  access_log->answered(session_, kFacts);
  EXPECT_EQ(access_log->reopen(), true);
  access_log.reset();
  EXPECT_EQ(lines_of(path("one")).size(), 1u);
  EXPECT_EQ(lines_of(path("two.1")).size(), 1u);
  EXPECT_EQ(lines_of(path("two")).size(), 1u);
}

TEST_F(AccessLogTest, LinesAreAppendedToTheFile) {
  const std::string file = path("access");
  std::ofstream(file) << "before\n";
  std::unique_ptr<AccessLog> access_log = open({.file = file, .format = AccessLogFormat::kJson});
  access_log->answered(session_, kFacts);
  session_.requests = 3;
  access_log->answered(session_, kFacts);
  access_log.reset();
  const std::vector<std::string> lines = lines_of(file);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "before");
  for (size_t i = 1; i < 3; ++i) {
    const json line = json::parse(lines[i]);
    EXPECT_EQ(line["peer"], "192.0.2.1:5000");
    EXPECT_EQ(line["connection"], 7);
    EXPECT_EQ(line["request"], i + 1);
  }
  EXPECT_TRUE(log_.lines().empty());
}

TEST_F(AccessLogTest, AConnectionNobodyKnows) {
  const std::string file = path("access");
  session_.transport = nullptr;
  open({.file = file, .format = AccessLogFormat::kCombined})->answered(session_, kFacts);
  ASSERT_EQ(lines_of(file).size(), 1u);
  EXPECT_TRUE(lines_of(file)[0].starts_with("- - - ["));
}

TEST_F(AccessLogTest, AFileThatCannotBeOpenedIsToldInALine) {
  const std::string missing = path("none/access");
  const auto access_log = AccessLog::open({.file = missing}, log_);
  ASSERT_FALSE(access_log);
  EXPECT_EQ(access_log.error(),
            "cannot open the access log " + missing + ": No such file or directory");
}

// A file that is truncated in place, as logrotate's copytruncate does, is written from its start.
TEST_F(AccessLogTest, AFileThatIsTruncatedGoesOn) {
  const std::string file = path("access");
  std::unique_ptr<AccessLog> access_log = open({.file = file});
  access_log->answered(session_, kFacts);
  while (lines_of(file).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::filesystem::resize_file(file, 0);
  access_log->answered(session_, kFacts);
  access_log.reset();
  ASSERT_EQ(lines_of(file).size(), 1u);
  EXPECT_TRUE(lines_of(file)[0].starts_with("[192.0.2.1:5000] GET / ")) << lines_of(file)[0];
}

TEST_F(AccessLogTest, LostLinesAreCountedInTheLog) {
  constexpr uint64_t kLines = 1000;
  std::unique_ptr<AccessLog> access_log = open({.file = "/dev/full"});
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < kLines; ++i) access_log->answered(session_, kFacts);
  access_log.reset();
  const auto age = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(reported(), kLines);
  // One at once, one at the end, and one for each second between.
  const auto seconds = static_cast<size_t>(std::chrono::floor<std::chrono::seconds>(age).count());
  EXPECT_LE(log_.lines().size(), 2 + seconds);
}

TEST_F(AccessLogTest, AStalledReaderHoldsNobodyUp) {
  constexpr uint64_t kLines = 20'000;
  const std::string fifo = path("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  std::ifstream never_read;
  std::thread opener([&] { never_read.open(fifo); });  // waits for the writer
  std::unique_ptr<AccessLog> access_log;
  while (access_log == nullptr) {  // there is no reader yet
    auto opened = AccessLog::open({.file = fifo, .queue_max = 64}, log_);
    if (opened) access_log = std::move(*opened);
  }
  opener.join();
  for (uint64_t i = 0; i < kLines; ++i) access_log->answered(session_, kFacts);  // never waits
  EXPECT_GT(access_log->dropped(), 0u);
  access_log.reset();
  EXPECT_GT(reported(), 0u);
  EXPECT_LT(reported(), kLines);  // what the pipe took
}

}  // namespace
}  // namespace echod
