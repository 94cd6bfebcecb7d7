// The load tester against servers that are wrong, slow, silent or missing: each fault is an error
// of its kind with its place, and none ends the run.
#include <gtest/gtest.h>

#include <algorithm>

#include "app/bench/load/runner.h"
#include "app/bench/server_test_util.h"

namespace echod {
namespace {

// The 1000th byte, far enough to lie behind several messages.
constexpr uint64_t kWhere = 1000;

// Runs against a server whose first connection goes through `change`, and expects one error.
BenchResult expect_one_error(const std::string& kind, const std::string& text,
                             std::function<std::string(std::string, uint64_t)> change) {
  TestServer server([change](const Fd& socket, unsigned connection) {
    if (connection == 0) return echo_through(socket, change);
    echo_plainly(socket);
  });
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 1;
  options.messages = 200;
  BenchResult result = run_or_fail(options);
  EXPECT_EQ(result.errors.size(), 1u);
  EXPECT_EQ(result.errors[kind], 1u);
  EXPECT_EQ(result.first_errors.size(), 1u);
  if (!result.first_errors.empty()) {
    EXPECT_NE(result.first_errors.front().find(text), std::string::npos)
        << result.first_errors.front();
  }
  // The message that met the fault is lost; the connection was opened again for the others.
  EXPECT_EQ(result.messages, 199u);
  EXPECT_EQ(result.connects, 2u);
  return result;
}

// Applies `edit` to the byte at kWhere, wherever the pieces are cut.
std::function<std::string(std::string, uint64_t)> at_place(
    std::function<void(std::string&, size_t)> edit) {
  return [edit](std::string bytes, uint64_t offset) {
    if (offset <= kWhere && kWhere < offset + bytes.size()) edit(bytes, kWhere - offset);
    return bytes;
  };
}

TEST(RunnerFailureTest, FindsAChangedByte) {
  expect_one_error("corrupt", "wrong byte at offset 1000",
                   at_place([](std::string& bytes, size_t at) { bytes[at] ^= 1; }));
}

TEST(RunnerFailureTest, FindsALostByte) {
  // The message stays one byte short, so the fault shows when it is not the last byte of all: here
  // the next one takes its place.
  expect_one_error("corrupt", "wrong byte at offset 1000",
                   at_place([](std::string& bytes, size_t at) { bytes.erase(at, 1); }));
}

TEST(RunnerFailureTest, FindsARepeatedByte) {
  expect_one_error("corrupt", "wrong byte at offset 1001",
                   at_place([](std::string& bytes, size_t at) { bytes.insert(at, 1, bytes[at]); }));
}

TEST(RunnerFailureTest, FindsSwappedBytes) {
  expect_one_error(
      "corrupt", "wrong byte at offset 1000",
      at_place([](std::string& bytes, size_t at) { std::swap(bytes[at], bytes[at + 1]); }));
}

TEST(RunnerFailureTest, FindsSurplusBytes) {
  expect_one_error("corrupt", "more than were sent, at offset 1024",
                   [](std::string bytes, uint64_t offset) {
                     const bool here = offset + bytes.size() == 1024;
                     return here ? bytes + "surplus" : bytes;
                   });
}

TEST(RunnerFailureTest, FindsAnEarlyEnd) {
  TestServer server([](const Fd& socket, unsigned connection) {
    if (connection > 0) return echo_plainly(socket);
    write_some(socket, read_exactly(socket, 64).substr(0, 40));
    ::shutdown(socket.get(), SHUT_WR);
    while (!read_some(socket).empty()) {
    }
  });
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 1;
  options.messages = 200;
  BenchResult result = run_or_fail(options);
  EXPECT_EQ(result.errors["closed"], 1u);
  ASSERT_EQ(result.first_errors.size(), 1u);
  EXPECT_NE(result.first_errors.front().find("at offset 40, with 24 byte(s) outstanding"),
            std::string::npos)
      << result.first_errors.front();
  EXPECT_EQ(result.messages, 199u);
}

TEST(RunnerFailureTest, FindsAReset) {
  TestServer server([](const Fd& socket, unsigned connection) {
    if (connection > 0) return echo_plainly(socket);
    read_exactly(socket, 10);  // and leaves 54 bytes unread, which makes the close a reset
    Fd gone(::dup(socket.get()));
    reset_on_close(gone.get());
    ::shutdown(socket.get(), SHUT_RDWR);
  });
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 1;
  options.messages = 50;
  BenchResult result = run_or_fail(options);
  EXPECT_EQ(result.error_count(), 1u);  // "reset" or "closed", as the kernel saw it
  EXPECT_EQ(result.messages, 49u);
}

TEST(RunnerFailureTest, FindsSilence) {
  TestServer server([](const Fd& socket, unsigned connection) {
    if (connection > 0) return echo_plainly(socket);
    while (!read_some(socket).empty()) {
    }
  });
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 1;
  options.messages = 50;
  options.timeout = std::chrono::milliseconds(200);
  BenchResult result = run_or_fail(options);
  EXPECT_GE(result.errors["timeout"], 1u);  // more on a machine that is slow itself
  ASSERT_FALSE(result.first_errors.empty());
  EXPECT_NE(result.first_errors.front().find("no echo within 0.2 s"), std::string::npos)
      << result.first_errors.front();
}

TEST(RunnerFailureTest, CountsWhatIsLeftUnanswered) {
  TestServer server([](const Fd& socket, unsigned) {
    write_some(socket, read_exactly(socket, 64));  // one, and then nothing
    while (!read_some(socket).empty()) {
    }
  });
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 3;
  options.pipeline = 2;
  options.duration = std::chrono::milliseconds(200);
  options.warm_up = Duration::zero();
  BenchResult result = run_or_fail(options);
  EXPECT_EQ(result.error_count(), 0u);
  EXPECT_EQ(result.messages, 3u);
  EXPECT_EQ(result.unanswered, 6u);
}

TEST(RunnerFailureTest, ASilentServerIsChargedForTheScheduleItHoldsUp) {
  TestServer server([](const Fd& socket, unsigned) {
    while (!read_some(socket).empty()) {
    }
  });
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 2;
  options.rate = 1000;
  options.pipeline = 10;
  options.duration = std::chrono::milliseconds(500);
  options.warm_up = Duration::zero();
  const BenchResult result = run_or_fail(options);
  EXPECT_EQ(result.messages, 0u);
  EXPECT_EQ(result.unanswered, 20u);   // the window
  EXPECT_EQ(result.late_sends, 480u);  // and all that was due but for it
}

TEST(RunnerFailureTest, SaysWhenNothingListens) {
  Endpoint nobody;
  {
    TestServer server(echo_plainly);
    nobody = server.endpoint();
  }
  TestObserver observer;
  const auto result = run_bench(bench_options(nobody), observer);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().find("cannot connect to " + nobody.to_string()), std::string::npos)
      << result.error();
  EXPECT_NE(result.error().find("is the server running"), std::string::npos) << result.error();
}

TEST(RunnerFailureTest, SaysWhenItCannotConnectFromThere) {
  TestServer server(echo_plainly);
  BenchOptions options = bench_options(server.endpoint());
  options.sources = {"192.0.2.1"};  // nobody's
  TestObserver observer;
  const auto result = run_bench(options, observer);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().find("cannot open a socket"), std::string::npos) << result.error();
}

TEST(RunnerFailureTest, SaysWhenANameIsUnknown) {
  BenchOptions options = bench_options(loopback(1));
  options.target.host = "no such name.invalid";
  TestObserver observer;
  const auto result = run_bench(options, observer);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().find("cannot resolve host"), std::string::npos) << result.error();
}

// A server that goes away and comes back: the run sees it through.
TEST(RunnerFailureTest, OpensConnectionsAgain) {
  TestServer server([](const Fd& socket, unsigned) {
    write_some(socket, read_exactly(socket, 64 * 5));  // five messages for each connection
    ::shutdown(socket.get(), SHUT_WR);
    while (!read_some(socket).empty()) {
    }
  });
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 1;
  options.pipeline = 5;
  options.messages = 50;
  const BenchResult result = run_or_fail(options);
  EXPECT_GT(result.messages, 0u);
  EXPECT_GT(result.connects, 2u);
}

TEST(RunnerFailureTest, MissesQuietConnectionsThatWereClosed) {
  std::atomic<int> quiet = 0;
  TestServer server([&quiet](const Fd& socket, unsigned) {
    // Whoever speaks is served; whoever is silent is closed after a while.
    pollfd poll{.fd = socket.get(), .events = POLLIN, .revents = 0};
    if (::poll(&poll, 1, 100) == 0) {
      ++quiet;
      return;
    }
    echo_plainly(socket);
  });
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 1;
  options.idle = 3;
  options.duration = std::chrono::milliseconds(600);
  BenchResult result = run_or_fail(options);
  EXPECT_EQ(result.error_count(), 3u);
  EXPECT_EQ(quiet, 3);
  ASSERT_FALSE(result.first_errors.empty());
  EXPECT_TRUE(result.first_errors.front().starts_with("idle connection "))
      << result.first_errors.front();
}

// --- HTTP ---

// Answers each request (with a body of 64 bytes) with `response`, the body in place of "BODY".
void answer(const Fd& socket, std::string response, bool once = false) {
  std::string input;
  for (std::string more = read_some(socket); !more.empty(); more = read_some(socket)) {
    input += more;
    for (size_t end; (end = input.find("\r\n\r\n")) != std::string::npos;) {
      if (input.size() < end + 4 + 64) break;
      std::string text = response;
      if (const size_t at = text.find("BODY"); at != std::string::npos) {
        text.replace(at, 4, input.substr(end + 4, 64));
      }
      input.erase(0, end + 4 + 64);
      if (!write_some(socket, text) || once) return;
    }
  }
}

BenchResult run_http(const std::string& response, bool once = false, uint64_t messages = 20) {
  TestServer server([=](const Fd& socket, unsigned) { answer(socket, response, once); });
  BenchOptions options = bench_options(server.endpoint(), Protocol::kHttp1);
  options.connections = 1;
  options.messages = messages;
  return run_or_fail(options);
}

TEST(RunnerFailureTest, HttpOfOtherServersIsUnderstood) {
  for (const char* response : {
           "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\nBODY",
           "HTTP/1.1 200\r\ncontent-length: 64\r\nServer: x\r\n\r\nBODY",
           "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nBODY\r\n0\r\n\r\n",
           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\nBODY",
       }) {
    const BenchResult result = run_http(response);
    EXPECT_EQ(result.error_count(), 0u) << response;
    EXPECT_EQ(result.messages, 20u) << response;
  }
}

TEST(RunnerFailureTest, HttpConnectionsThatTheServerEndsAreOpenedAgain) {
  for (const char* response : {
           "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 64\r\n\r\nBODY",
           "HTTP/1.0 200 OK\r\n\r\nBODY",
       }) {
    const BenchResult result = run_http(response, true);
    EXPECT_EQ(result.error_count(), 0u) << response;
    EXPECT_EQ(result.messages, 20u) << response;
    EXPECT_EQ(result.connects, 20u) << response;
  }
}

TEST(RunnerFailureTest, HttpStatusesAreCounted) {
  BenchResult result =
      run_http("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
  EXPECT_EQ(result.errors["status"], 20u);
  EXPECT_EQ(result.messages, 0u);
  EXPECT_EQ(result.connects, 1u);  // the connection goes on
  ASSERT_FALSE(result.first_errors.empty());
  EXPECT_EQ(result.first_errors.front(), "connection 0: status 503");
}

TEST(RunnerFailureTest, HttpFaultsAreFound) {
  const std::string wrong(64, 'x');
  const std::pair<std::string, std::string> kCases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + wrong, "wrong byte at offset 0"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "received a body of 3 bytes, expected"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nBODY\r\n1\r\nx\r\n0\r\n\r\n",
       "received 1 byte(s) more than were sent, at offset 64"},
      {"HTTP/1.1 204 No Content\r\n\r\n", "status 204"},
      {"HELLO\r\n\r\n", "malformed status line"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 64\r\nContent-Length: 65\r\n\r\n", "bad Content-Length"},
  };
  for (const auto& [response, text] : kCases) {
    const BenchResult result = run_http(response, false, 1);
    EXPECT_EQ(result.messages, 0u);
    EXPECT_EQ(result.error_count(), 1u);
    ASSERT_FALSE(result.first_errors.empty()) << response;
    EXPECT_NE(result.first_errors.front().find(text), std::string::npos)
        << result.first_errors.front();
  }
}

}  // namespace
}  // namespace echod
