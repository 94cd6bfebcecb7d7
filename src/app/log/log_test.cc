// The log's writer against sinks that are slow, full or gone: it never holds up who writes a line,
// and no loss goes uncounted.
#include "app/log/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/log/line_writer.h"

namespace echod {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kPatience = 60s;  // for what should come at once

LogLine line_of(std::string_view text) {
  return {.level = LogLevel::kInfo, .event = "test", .peer = {}, .text = text, .fields = {}};
}

class LogTest : public testing::Test {
 protected:
  LogTest() {
    signal(SIGPIPE, SIG_IGN);  // as the program does
    std::string name = (std::filesystem::temp_directory_path() / "echod-log-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~LogTest() override { std::filesystem::remove_all(directory_); }

  std::string path(std::string_view name) const { return directory_ / name; }

  // Without times, which tests could not compare, unless they are asked for.
  static std::unique_ptr<Log> open(LogOptions options) {
    if (options.timestamps == LogTimestamps::kAuto) options.timestamps = LogTimestamps::kOff;
    std::expected<std::unique_ptr<Log>, std::string> log = Log::open(options);
    EXPECT_TRUE(log) << log.error();
    return std::move(*log);
  }

  // Waits until `condition` holds.
  template <typename Condition>
  static void wait_for(Condition condition) {
    const auto deadline = steady_clock::now() + kPatience;
    while (!condition()) {
      ASSERT_LT(steady_clock::now(), deadline);
      std::this_thread::sleep_for(1ms);
    }
  }

  std::filesystem::path directory_;
};

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// A FIFO that is read when the test says so.
class Fifo {
 public:
  explicit Fifo(const std::string& path) {
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    fd_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    EXPECT_GE(fd_, 0);
  }
  ~Fifo() {
    if (fd_ >= 0) ::close(fd_);
  }

  void close() { ::close(std::exchange(fd_, -1)); }

  // The next line; empty when the log was closed.
  std::string next_line() {
    const auto deadline = steady_clock::now() + kPatience;
    while (true) {
      if (size_t end = text_.find('\n'); end != std::string::npos) {
        std::string line = text_.substr(0, end);
        text_.erase(0, end + 1);
        return line;
      }
      std::string more(65536, '\0');
      ssize_t size = ::read(fd_, more.data(), more.size());
      if (size == 0) return {};
      if (size > 0) {
        text_.append(more, 0, static_cast<size_t>(size));
        continue;
      }
      EXPECT_EQ(errno, EAGAIN);
      if (steady_clock::now() > deadline) return "(nothing came)";
      pollfd wait{.fd = fd_, .events = POLLIN, .revents = 0};
      ::poll(&wait, 1, 100);
    }
  }

 private:
  int fd_ = -1;
  std::string text_;
};

// A file that JOURNAL_STREAM names by device and inode, as systemd names its stream.
TEST_F(LogTest, LinesForTheJournalBeginWithTheirPriority) {
  const std::string file = path("journal");
  std::ofstream(file).close();
  struct stat status{};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  const auto lines_with = [&](const std::string& journal, LogFormat format) {
    setenv("JOURNAL_STREAM", journal.c_str(), 1);
    std::filesystem::resize_file(file, 0);
    std::unique_ptr<Log> log =
        *Log::open({.format = format, .level = LogLevel::kDebug, .file = file});
    for (const auto level :
         {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
      log->write({.level = level, .event = "test", .peer = {}, .text = "x\n<0>", .fields = {}});
    }
    log.reset();
    unsetenv("JOURNAL_STREAM");
    return lines_of(file);
  };
  EXPECT_EQ(lines_with(stream, LogFormat::kText),
            (std::vector<std::string>{"<7>x\\n<0>", "<6>x\\n<0>", "<4>x\\n<0>", "<3>x\\n<0>"}));
  for (const std::string& line : lines_with(stream, LogFormat::kLogfmt)) {
    EXPECT_TRUE(line.starts_with("time=")) << line;
  }
  for (const std::string& line : lines_with(stream + "0", LogFormat::kText)) {
    EXPECT_TRUE(line.starts_with("20") && line.ends_with("Z x\\n<0>")) << line;
  }
}

TEST_F(LogTest, LinesAreAppendedInOrder) {
  const std::string file = path("log");
  std::ofstream(file) << "before\n";
  std::unique_ptr<Log> log = open({.file = file});
  for (int i = 0; i < 1000; ++i) log->write(line_of(std::to_string(i)));
  EXPECT_EQ(log->dropped(), 0u);
  log.reset();
  const std::vector<std::string> lines = lines_of(file);
  ASSERT_EQ(lines.size(), 1001u);
  EXPECT_EQ(lines[0], "before");
  for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(lines[i + 1], std::to_string(i));
}

TEST_F(LogTest, ALongLineIsWrittenWhole) {
  const std::string file = path("log");
  std::unique_ptr<Log> log = open({.file = file});
  const std::string text(10'000, 'x');  // more than one write may have
  log->write(line_of(text));
  log->write(line_of("next"));
  log.reset();
  EXPECT_EQ(lines_of(file), (std::vector<std::string>{text, "next"}));
}

TEST_F(LogTest, EndsAtAnyMomentOfItsWriting) {
  constexpr size_t kRounds = 500;
  const std::string file = path("log");
  for (size_t i = 0; i < kRounds; ++i) {
    std::unique_ptr<Log> log = open({.file = file});
    for (size_t n = 0; n < i % 10; ++n) log->write(line_of("line"));
  }
  EXPECT_EQ(lines_of(file).size(), kRounds / 10 * 45);
}

TEST_F(LogTest, LinesBelowTheLevelAreNotWritten) {
  const std::string file = path("log");
  std::unique_ptr<Log> log = open({.level = LogLevel::kWarning, .file = file});
  EXPECT_FALSE(log->wants(LogLevel::kDebug));
  EXPECT_FALSE(log->wants(LogLevel::kInfo));
  EXPECT_TRUE(log->wants(LogLevel::kWarning));
  EXPECT_TRUE(log->wants(LogLevel::kError));
  log->write(line_of("info"));
  LogLine warning = line_of("warning");
  warning.level = LogLevel::kWarning;
  log->write(warning);
  log.reset();
  EXPECT_EQ(lines_of(file), std::vector<std::string>{"warning"});
  EXPECT_FALSE(open({.level = LogLevel::kOff, .file = file})->wants(LogLevel::kError));
}

TEST_F(LogTest, ManyThreadsWriteWholeLines) {
  const std::string file = path("log");
  std::unique_ptr<Log> log = open({.file = file, .queue_max = 8192});
  std::vector<std::thread> writers;
  const std::string text(100, 'x');
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&log, &text] {
      for (int n = 0; n < 1000; ++n) log->write(line_of(text));
    });
  }
  for (std::thread& writer : writers) writer.join();
  log.reset();
  EXPECT_EQ(lines_of(file), std::vector<std::string>(4000, text));
}

TEST_F(LogTest, LinesInAFileBeginWithTheTime) {
  const std::string file = path("log");
  std::unique_ptr<Log> log = std::move(*Log::open({.file = file}));
  log->write(line_of("text"));
  log.reset();
  const std::vector<std::string> lines = lines_of(file);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(
      std::regex_match(lines[0], std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z text)")))
      << lines[0];
}

TEST_F(LogTest, AfterARotationLinesGoToTheNewFile) {
  const std::string file = path("log");
  std::unique_ptr<Log> log = open({.file = file});
  log->write(line_of("before"));
  wait_for([&] { return lines_of(file).size() == 1; });
  std::filesystem::rename(file, file + ".1");
  EXPECT_EQ(log->reopen(), true);
  log->write(line_of("after"));
  log.reset();
  EXPECT_EQ(lines_of(file), std::vector<std::string>{"after"});
  EXPECT_EQ(lines_of(file + ".1"), std::vector<std::string>{"before"});
}

TEST_F(LogTest, AFileThatCannotBeOpenedAgainIsKept) {
  const std::string file = path("made/log");
  std::filesystem::create_directory(path("made"));
  std::unique_ptr<Log> log = open({.file = file});
  std::filesystem::rename(path("made"), path("moved"));
  const auto reopened = log->reopen();
  ASSERT_FALSE(reopened);
  EXPECT_EQ(reopened.error(), "cannot open the log file " + file + ": No such file or directory");
  log->write(line_of("still"));
  log.reset();
  EXPECT_EQ(lines_of(path("moved/log")), std::vector<std::string>{"still"});
}

TEST_F(LogTest, ALogWithoutAFileHasNothingToReopen) { EXPECT_EQ(open({})->reopen(), false); }

TEST_F(LogTest, AnotherFileAndStyleApplyToLaterLines) {
  std::unique_ptr<Log> log = open({.timestamps = LogTimestamps::kOff, .file = path("one")});
  log->write(line_of("first"));
  wait_for([&] { return lines_of(path("one")).size() == 1; });
  auto missing = log->prepare({.file = path("none/log")});
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().starts_with("cannot open the log file ")) << missing.error();
  auto unused = log->prepare({.level = LogLevel::kOff, .file = path("unused")});
  ASSERT_TRUE(unused);
  auto swap = log->prepare({.format = LogFormat::kJson, .file = path("two")});
  ASSERT_TRUE(swap);
  (*swap)();
  log->write(line_of("second"));
  swap = log->prepare({.timestamps = LogTimestamps::kOn, .file = path("two")});
  ASSERT_TRUE(swap);
  (*swap)();
  log->write(line_of("third"));
  EXPECT_EQ(log->reopen(), true);
  log.reset();
  EXPECT_EQ(lines_of(path("one")), std::vector<std::string>{"first"});
  EXPECT_TRUE(lines_of(path("unused")).empty());
  ASSERT_EQ(lines_of(path("two")).size(), 2u);
  EXPECT_TRUE(lines_of(path("two"))[0].starts_with("{"));
  EXPECT_TRUE(lines_of(path("two"))[1].ends_with("Z third"));
}

TEST_F(LogTest, AFullDiskIsSaidOnStandardErrorOnce) {
  testing::internal::CaptureStderr();
  std::unique_ptr<Log> log = open({.file = "/dev/full"});
  for (int i = 0; i < 10; ++i) log->write(line_of("text"));
  wait_for([&] { return log->dropped() == 10; });
  log.reset();
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "echod: cannot write the log file /dev/full: No space left on device; lines are lost "
            "until it can be written again\n");
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsToldInALine) {
  auto error_of = [](const std::string& file) {
    std::expected<std::unique_ptr<Log>, std::string> log = Log::open({.file = file});
    return log ? "none" : log.error();
  };
  const std::string missing = path("none/log");
  EXPECT_EQ(error_of(missing),
            "cannot open the log file " + missing + ": No such file or directory");
  EXPECT_EQ(error_of(directory_),
            "cannot open the log file " + directory_.string() + ": Is a directory");
}

TEST_F(LogTest, AStalledSinkHoldsNobodyUpAndTheLossIsReported) {
  constexpr uint64_t kLines = 20'000;
  Fifo fifo(path("fifo"));
  std::unique_ptr<Log> log =
      open({.format = LogFormat::kLogfmt, .file = path("fifo"), .queue_max = 64});
  const std::string text(100, 'x');
  for (uint64_t i = 0; i < kLines; ++i) log->write(line_of(text));  // would hang if it waited
  EXPECT_GT(log->dropped(), 0u);

  // Now it flows: what is left arrives, and between it the reports of what is not.
  log->write(line_of("last"));
  uint64_t arrived = 0;
  uint64_t reported = 0;
  bool last = false;
  while (!last) {
    const std::string line = fifo.next_line();
    ASSERT_TRUE(line.starts_with("time=")) << line;
    constexpr std::string_view kDropped = " event=log_lines_dropped dropped=";
    if (size_t at = line.find(kDropped); at != std::string::npos) {
      reported += std::stoull(line.substr(at + kDropped.size()));
      EXPECT_NE(line.find(" level=warning "), std::string::npos);
    } else {
      ++arrived;
      last = line.ends_with(" message=last");
    }
  }
  EXPECT_EQ(arrived + reported, kLines + 1);
  EXPECT_EQ(reported, log->dropped());
}

TEST_F(LogTest, AStalledSinkDoesNotHoldUpTheExit) {
  Fifo fifo(path("fifo"));
  LogOptions options{.file = path("fifo")};
  std::unique_ptr<Log> log = open(options);
  const std::string text(100, 'x');
  for (size_t i = 0; i < 10 * options.queue_max; ++i) log->write(line_of(text));
  const auto begin = steady_clock::now();
  log.reset();
  EXPECT_LT(steady_clock::now() - begin, LineWriter::kFlushTimeout + 10s);
}

TEST_F(LogTest, AFullDiskCostsLinesAndNothingElse) {
  std::unique_ptr<Log> log = open({.file = "/dev/full"});
  for (int i = 0; i < 100; ++i) log->write(line_of("lost"));
  wait_for([&log] { return log->dropped() == 100; });
}

TEST_F(LogTest, ASinkThatIsGoneCostsLinesAndNothingElse) {
  Fifo fifo(path("fifo"));
  std::unique_ptr<Log> log = open({.file = path("fifo")});
  log->write(line_of("arrives"));
  EXPECT_EQ(fifo.next_line(), "arrives");
  fifo.close();
  for (int i = 0; i < 100; ++i) log->write(line_of("lost"));
  wait_for([&log] { return log->dropped() == 100; });
}

}  // namespace
}  // namespace echod
