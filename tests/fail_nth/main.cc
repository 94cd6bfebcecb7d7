// Runs the conformance tests again and again, each time with one more of the server's fallible
// calls failing: the first, the second, the third, until a run has fewer. Such a run may fail its
// test, as a client's connection may break; what is asked of the server is that it lives, serves
// the next client, comes to rest, and leaves nothing behind.
//
//   fail_nth_test                         what CI runs: starting the server once for each engine,
//                                         then each test's first positions and ever fewer
//   fail_nth_test --every                 every position of every test
//   fail_nth_test --test NAME --nth 17    one run again, with what the test says
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "conformance/client_side.h"
#include "conformance/server_fixture.h"
#include "fail_nth/failing_kernel.h"
#include "fail_nth/failure_point.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

// A test's body may wait in vain: its server is hurt.
constexpr Patience kBodyPatience{.at_first = 250ms, .after_failure = 25ms};

// Counted from the server's start: so many positions are all tried; from there on, unless told,
// each next one is a fraction further. Tests that take long have fewer: most of their time is
// waiting.
struct Density {
  uint64_t all_up_to;
  uint64_t fraction;
};
constexpr Density kShortTest{.all_up_to = 32, .fraction = 4};
constexpr Density kLongTest{.all_up_to = 3, .fraction = 1};
constexpr Duration kLong = 80ms;

// Left out unless named: they measure processor time or use up the process's descriptors
// themselves, move hundreds of mebibytes, or have tens of thousands of calls in runs of seconds.
constexpr std::string_view kLeftOut[] = {
    "ExhaustionTest", "Mebibytes256", "TwoHundredThatNeverRead",
    "ReadsSlowly",    "SendsSlowly",  "ManyIdle",
    "AThousand",      "AtAnyMoment"};

struct Options {
  std::string test;
  uint64_t nth = 0;
  bool every = false;
  bool verbose = false;
  bool sparse = false;
  unsigned jobs = 1;
  std::string json;
};

struct Totals {
  uint64_t tests = 0;
  uint64_t runs = 0;
  uint64_t failed_calls = 0;
  uint64_t positions = 0;  // calls there were in the runs without a failure
  std::vector<std::string> broken;
};

char note[512];  // what to print should the process end

void die_telling(int signal_number) {
  const auto ignored = ::write(STDERR_FILENO, note, std::strlen(note));
  static_cast<void>(ignored);
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

// What must hold whatever failed.
class Demands final : public RestCheck {
 public:
  std::string take() { return std::exchange(broken_, {}); }

  void started() override { calls_to_start_ = counted_calls(); }

  // Calls it took to start the server, or a little less: its threads may not be done.
  uint64_t calls_to_start() const { return calls_to_start_; }

  void before_rest(Server* server) override {
    disarm();
    set_patience({.at_first = kPatience, .after_failure = kPatience});
    if (server == nullptr) return;
    if (!eventually([&] { return serves(*server) || server->wait(Time::min()); })) {
      not_at_rest("it serves nobody any more");
    }
  }

  void not_at_rest(const std::string& what) override {
    if (broken_.empty()) broken_ = what;
  }

  // Calls there were.
  uint64_t disarm() {
    if (armed_) calls_ = disarm_failure();
    armed_ = false;
    return calls_;
  }
  void arm(uint64_t nth) {
    armed_ = true;
    arm_failure(nth);
  }

 private:
  // Whether a new client is answered. A raw listener echoes, one for HTTP refuses.
  static bool serves(Server& server) {
    Client client;
    if (!client.connect(server.listening().front().endpoint)) return false;
    if (client.try_send("still there?\n") <= 0) return false;
    char room[64];
    return client.receive_some(room, 1s).status == Client::Status::kBytes;
  }

  bool armed_ = false;
  uint64_t calls_ = 0;
  uint64_t calls_to_start_ = 0;
  std::string broken_;
};

std::vector<std::string> names_of_tests(const Options& options) {
  std::vector<std::string> names;
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      std::string name = std::string(suite.name()) + "." + suite.GetTestInfo(j)->name();
      const bool wanted =
          options.test.empty()
              ? std::ranges::none_of(kLeftOut, [&](auto part) { return name.contains(part); })
              : name.contains(options.test);
      if (wanted) names.push_back(std::move(name));
    }
  }
  return names;
}

class Runner {
 public:
  Runner(const Options& options) : options_(options) { ServerTest::rest_check = &demands_; }
  ~Runner() { ServerTest::rest_check = nullptr; }

  // Every run of one test.
  void run(const std::string& test) {
    ++totals_.tests;
    const Time begin = std::chrono::steady_clock::now();
    const uint64_t calls = run_once(test, 0);
    const bool long_test = std::chrono::steady_clock::now() - begin > kLong;
    totals_.positions += calls;
    if (options_.nth > 0) {
      run_once(test, options_.nth);
      return;
    }
    // Starting is the same in all tests of an engine, so one of them tries all of that.
    const uint64_t start = demands_.calls_to_start();
    const bool start_too = options_.every || (!options_.sparse && test.contains("OneByte/"));
    const Density density = long_test || options_.sparse ? kLongTest : kShortTest;
    // Until a run is untouched. Runs differ a little, so the first one's number is no limit.
    uint64_t nth = start_too ? 1 : std::max<uint64_t>(1, start);
    while (run_once(test, nth) >= nth && nth <= kPositionMax) {
      const uint64_t tried = nth - std::min(nth, start);
      const bool skip = !options_.every && tried > density.all_up_to;
      nth += skip ? tried / density.fraction : 1;
    }
  }

  const Totals& totals() const { return totals_; }

 private:
  static constexpr uint64_t kPositionMax = 20'000;  // an endless test would have endless calls

  // Returns how many calls there were.
  uint64_t run_once(const std::string& test, uint64_t nth) {
    std::snprintf(note, sizeof(note), "\nrepeat it with: fail_nth_test --test %s --nth %llu\n",
                  test.c_str(), static_cast<unsigned long long>(nth));
    GTEST_FLAG_SET(filter, test);
    set_patience(nth == 0 ? Patience{} : kBodyPatience);
    demands_.arm(nth);
    const bool passed = RUN_ALL_TESTS() == 0;
    const uint64_t calls = demands_.disarm();
    ++totals_.runs;
    const char* failed = failed_call();
    if (failed != nullptr) ++totals_.failed_calls;
    std::string broken = demands_.take();
    if (nth == 0 && !passed) broken = "it fails with nothing failing";
    if (options_.verbose) {
      std::printf("%s, call %llu of %llu (%s): %s\n", test.c_str(),
                  static_cast<unsigned long long>(nth), static_cast<unsigned long long>(calls),
                  failed == nullptr ? "none" : failed, passed ? "passed" : "failed");
    }
    if (!broken.empty()) {
      std::printf("BROKEN %s, call %llu (%s): %s%s", test.c_str(),
                  static_cast<unsigned long long>(nth), failed == nullptr ? "none" : failed,
                  broken.c_str(), note);
      totals_.broken.push_back(test + " --nth " + std::to_string(nth));
    }
    std::fflush(stdout);
    return calls;
  }

  const Options& options_;
  Demands demands_;
  Totals totals_;
};

using Json = nlohmann::json;

Json json_of(const Totals& totals) {
  return {{"tests", totals.tests},
          {"runs", totals.runs},
          {"failed_calls", totals.failed_calls},
          {"positions", totals.positions},
          {"broken", totals.broken}};
}

// The tests of one process: each `jobs`-th.
Totals run_share(const Options& options, unsigned job) {
  join_client_side();
  for (int number : {SIGABRT, SIGSEGV, SIGBUS}) std::signal(number, die_telling);
  FailingKernel failing;
  KernelScope scope(failing, KernelScope::Reach::kProcess);
  Runner runner(options);
  const std::vector<std::string> names = names_of_tests(options);
  for (size_t i = job; i < names.size(); i += options.jobs) runner.run(names[i]);
  return runner.totals();
}

// A process for each share, which tells its totals through a pipe. One that dies is a failure.
struct Share {
  pid_t process;
  Fd totals;
};

Share start_share(const Options& options, unsigned job) {
  int ends[2];
  ECHOD_CHECK(::pipe2(ends, O_CLOEXEC) == 0);
  Fd from(ends[0]);
  Fd to(ends[1]);
  const pid_t process = ::fork();
  ECHOD_CHECK(process >= 0);
  if (process > 0) return {process, std::move(from)};
  from.close();
  const std::string text = json_of(run_share(options, job)).dump();
  const bool told =
      ::write(to.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  std::fflush(nullptr);
  ::_exit(told ? 0 : 1);
}

// Adds what the share found. Returns whether it came to its end.
bool add_share(Share& share, Totals& totals) {
  std::string text;
  char room[4096];
  for (ssize_t size; (size = ::read(share.totals.get(), room, sizeof(room))) > 0;) {
    text.append(room, static_cast<size_t>(size));
  }
  int status = 0;
  ::waitpid(share.process, &status, 0);
  const Json json = Json::parse(text, nullptr, false);
  if (status != 0 || json.is_discarded()) return false;
  totals.tests += json["tests"].get<uint64_t>();
  totals.runs += json["runs"].get<uint64_t>();
  totals.failed_calls += json["failed_calls"].get<uint64_t>();
  totals.positions += json["positions"].get<uint64_t>();
  for (const Json& broken : json["broken"]) totals.broken.push_back(broken);
  return true;
}

int run_all(const Options& options) {
  std::vector<Share> shares;
  for (unsigned job = 0; job < options.jobs; ++job) shares.push_back(start_share(options, job));
  Totals totals;
  for (Share& share : shares) {
    if (!add_share(share, totals)) totals.broken.push_back("the server ended the process");
  }
  std::printf("%llu tests, %llu runs, %llu of them with a failed call, %zu broken\n",
              static_cast<unsigned long long>(totals.tests),
              static_cast<unsigned long long>(totals.runs),
              static_cast<unsigned long long>(totals.failed_calls), totals.broken.size());
  if (!options.json.empty()) std::ofstream(options.json) << json_of(totals).dump(2) << "\n";
  if (totals.tests == 0 && totals.broken.empty()) {
    std::fputs("error: no such test\n", stderr);
    return 2;
  }
  return totals.broken.empty() ? 0 : 1;
}

}  // namespace
}  // namespace echod

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  echod::Options options;
  CLI::App app("Conformance tests with their Nth fallible call failing");
  app.add_option("--test", options.test, "Only tests whose name contains this");
  app.add_option("--nth", options.nth, "Only this position");
  app.add_flag("--every", options.every, "Every position, however many there are");
  app.add_flag("--verbose", options.verbose, "A line for each run");
  app.add_flag("--sparse", options.sparse, "Few positions of each test, and none of starting");
  app.add_option("--jobs", options.jobs, "Processes at once; they mostly wait")
      ->check(CLI::Range(1u, 64u));
  app.add_option("--json", options.json, "Write the totals to this file");
  CLI11_PARSE(app, argc, argv);
  if (options.nth == 0) {  // failures are expected; whoever repeats one run wants to see them
    testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
  }
  return echod::run_all(options);
}
