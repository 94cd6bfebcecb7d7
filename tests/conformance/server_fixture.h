// A server of the engine under test, in this process, and what every test of it checks at its end:
// no connection is left, and no descriptor.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/options.h"
#include "app/serve/server.h"
#include "conformance/client.h"
#include "conformance/memory_log.h"

namespace echod {

// For a program that runs these tests in other circumstances: what is asked of a server even where
// the test itself may fail.
class RestCheck {
 public:
  virtual ~RestCheck() = default;

  // Server::start() has returned a server.
  virtual void started() = 0;

  // The body of the test is over, and its clients are gone; null where the server never started.
  virtual void before_rest(Server* server) = 0;

  // Something is left of the server, or of its connections.
  virtual void not_at_rest(const std::string& what) = 0;
};

class ServerTest : public testing::TestWithParam<EngineKind> {
 public:
  // Null: there is none. It must stay while tests run.
  static inline RestCheck* rest_check = nullptr;

 protected:
  ServerTest();

  // Without fatal failures, the end of the test body has closed its clients: then the server must
  // come to rest by itself.
  void TearDown() override;

  // Starts the server with `options`, which the test may have changed. Throws std::runtime_error,
  // which ends the test as failed, where that cannot be done.
  void start();

  // Ends the server, as its destructor does.
  void stop() { server_.reset(); }

  Server& server() { return *server_; }
  const Endpoint& endpoint(size_t listener = 0) { return server_->listening()[listener].endpoint; }

  // A client connected to the server.
  Client connect(const Client::Options& client = {}, size_t listener = 0);

  // `count` of them.
  std::vector<Client> connect_many(size_t count, const Client::Options& client = {});

  // Waits until the server has exactly this many connections.
  bool comes_to_connections(size_t count);

  // Whether the engine can serve a second client while it serves a first.
  bool serves_several() const { return GetParam() != EngineKind::kSequential; }

  // Whether a thread serves only one client at a time.
  bool has_event_loops() const {
    return GetParam() == EngineKind::kEpoll || GetParam() == EngineKind::kUring;
  }

  ServeOptions options;
  MemoryLog log;

 private:
  void not_at_rest(const std::string& what);

  std::vector<std::string> descriptors_before_;
  std::unique_ptr<Server> server_;
};

// What each of this process's open descriptors is, in the order of their numbers.
std::vector<std::string> open_descriptors();

// `text` comes back.
void expect_echo(Client& client, std::string_view text);

std::string engine_name(const testing::TestParamInfo<EngineKind>& info);

// Two engines: a loop that blocks, and the default, which does not. Every one in a full run.
#ifdef ECHOD_FULL
inline constexpr const auto& kSomeEngineKinds = kEngineKinds;
#else
inline constexpr EngineKind kSomeEngineKinds[] = {EngineKind::kThreads, EngineKind::kUring};
#endif

// Runs the tests of `suite`, a ServerTest, on some engines: for what a protocol does with bytes, in
// which an engine has no part.
#define ECHOD_ON_SOME_ENGINES(suite) \
  INSTANTIATE_TEST_SUITE_P(Engines, suite, testing::ValuesIn(kSomeEngineKinds), engine_name)

// Runs the tests of `suite`, a ServerTest, on every engine.
#define ECHOD_ON_EVERY_ENGINE(suite) \
  INSTANTIATE_TEST_SUITE_P(Engines, suite, testing::ValuesIn(kEngineKinds), engine_name)

}  // namespace echod
