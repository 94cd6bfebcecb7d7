// The raw echo's round trip through each engine: one client, one message under way, over loopback.
// The client is this thread with plain blocking calls, so on a machine with few processors the time
// is mostly the kernel's, waking one thread from another; compare engines, not machines.
#include <benchmark/benchmark.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "app/serve/server.h"
#include "net/fd.h"

namespace echod {
namespace {

class SilentLog final : public Log {
 public:
  bool wants(LogLevel) const override { return false; }
  void write(const LogLine&) override {}
  uint64_t dropped() const override { return 0; }
};

Fd connect_to(const Endpoint& endpoint) {
  Fd socket(::socket(endpoint.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  ECHOD_CHECK(::connect(socket.get(), endpoint.get(), endpoint.size()) == 0);
  return socket;
}

void round_trip(int socket, std::vector<char>& message) {
  ECHOD_CHECK(::send(socket, message.data(), message.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(message.size()));
  ECHOD_CHECK(::recv(socket, message.data(), message.size(), MSG_WAITALL) ==
              static_cast<ssize_t>(message.size()));
}

void EchoRoundTrip(benchmark::State& state, EngineKind kind) {
  SilentLog log;
  ServeOptions options;
  options.listen = {ListenUrl{.protocol = Protocol::kRaw, .port = 0}};
  options.engine = kind;
  auto server = Server::start(options, log);
  if (!server) {
    state.SkipWithError(server.error().c_str());
    return;
  }
  Fd client = connect_to((*server)->listening().front().endpoint);
  std::vector<char> message(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) round_trip(client.get(), message);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(EchoRoundTrip, sequential, EngineKind::kSequential)->Arg(64)->Arg(16384);
BENCHMARK_CAPTURE(EchoRoundTrip, threads, EngineKind::kThreads)->Arg(64)->Arg(16384);
BENCHMARK_CAPTURE(EchoRoundTrip, pool, EngineKind::kPool)->Arg(64)->Arg(16384);
BENCHMARK_CAPTURE(EchoRoundTrip, epoll, EngineKind::kEpoll)->Arg(64)->Arg(16384);
BENCHMARK_CAPTURE(EchoRoundTrip, uring, EngineKind::kUring)->Arg(64)->Arg(16384);

}  // namespace
}  // namespace echod
