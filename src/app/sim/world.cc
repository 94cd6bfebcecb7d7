#include "app/sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "app/serve/echo_service.h"
#include "app/sim/sim_client.h"
#include "base/memory_faults.h"
#include "base/nursery.h"
#include "engine/epoll/epoll_loop.h"
#include "engine/loop_service.h"
#include "engine/uring/lent_buffers.h"
#include "engine/uring/uring_loop.h"
#include "net/socket_options.h"
#include "sim/sim_kernel.h"

namespace echod::sim {
namespace {

constexpr uint64_t kStepsMax = 2'000'000;
constexpr Duration kEndsWithin = std::chrono::seconds(1);  // when told to abort
constexpr uint64_t kHealAfter = 5'000;  // steps: from then on nothing fails any more

// Small ones, so that a few bytes need several of them.
BufferPool::Options small_buffers(Random& random) {
  BufferPool::Options buffers;
  buffers.buffer_size = static_cast<uint32_t>(2048 + random.spread(30 * 1024));
  return buffers;
}

// A loop, and when it has to run.
struct Host {
  std::unique_ptr<EventLoop> loop;
  bool faulty = false;
  SimKernel::Wait wait = {};

  bool due(Time now) const {
    return wait.on == nullptr || wait.on->is_ready() || wait.until <= now;
  }
};

class World final : private MemoryFaults {
 public:
  World(const WorldOptions& options, Log& log)
      : random_(options.seed),
        faults_(options.faults ? Faults::draw(random_) : Faults::none()),
        kernel_(random_, faults_),
        scope_(kernel_),
        log_(log),
        scripts_(options.clients),
        server_kind_(options.engine.value_or(any_engine())),
        client_kind_(any_engine()) {}

  WorldOutcome run() {
    start_ = kernel_.network().now();
    if (open() && served_) simulate(*served_);
    close();
    outcome_.simulated = kernel_.network().now() - start_;
    return outcome_;
  }

 private:
  EngineKind any_engine() { return random_.chance(0.5) ? EngineKind::kUring : EngineKind::kEpoll; }

  Result<std::unique_ptr<EventLoop>> make_loop(EngineKind kind) {
    const Duration spin = random_.chance(0.02) ? kSpinMax : Duration::zero();
    const BufferPool::Options buffers = small_buffers(random_);
    return kind == EngineKind::kUring ? UringLoop::create(buffers, spin)
                                      : EpollLoop::create(buffers, spin);
  }

  // Whether there is a server to test: starting it may fail in order, as any call may.
  bool open() {
    kernel_.set_faulty(false);
    client_.loop = std::move(*make_loop(client_kind_));
    const bool faulty_start = random_.chance(0.1);
    kernel_.set_faulty(faulty_start);
    Result<std::unique_ptr<EventLoop>> loop = make_loop(server_kind_);
    if (!loop) return false;
    server_.loop = std::move(*loop);
    server_.faulty = true;
    SocketOptions options;
    options.blocking = server_kind_ == EngineKind::kUring;
    std::vector<ListenerSocket> listeners;
    for (uint16_t port : {kPort, static_cast<uint16_t>(kPort + 1)}) {
      Result<Fd> listener = listen_on(endpoint(port), options);
      if (!listener) return false;
      listeners.push_back({.kind = ListenerKind::kStream, .socket = std::move(*listener)});
    }
    service_.emplace(settings(), log_, nullptr);
    connections_max_ = random_.between(1, 40);
    admission_.emplace(Admission::Limits{.connections_max = connections_max_});
    worker_.emplace(*server_.loop, workers_);
    served_.emplace(*worker_, *service_, *admission_, *service_);
    const Result<void> opened = served_->open(std::move(listeners));
    kernel_.set_faulty(true);
    return opened.has_value();
  }

  static Endpoint endpoint(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }

  EchoService::Settings settings() {
    EchoService::Settings settings;
    settings.protocols = {Protocol::kAuto, Protocol::kRaw};
    settings.detect_timeout = std::chrono::seconds(5);
    settings.timeouts = {.idle = std::chrono::minutes(5),
                         .stall = std::chrono::seconds(30),
                         .growth_earned = random_.chance(0.5)};
    return settings;
  }

  void simulate(LoopService& served) {
    Task<> serving = served.serve();
    serving.start();
    Task<> clients = run_clients();
    clients.start();
    const uint64_t drain_at = random_.chance(0.4) ? random_.below(4'000) : UINT64_MAX;
    const uint64_t abort_at = random_.chance(0.3) ? random_.below(4'000) : UINT64_MAX;
    while (!(clients.done() && serving.done())) {
      if (outcome_.steps == kHealAfter) faults_ = Faults::none();
      if (outcome_.steps == drain_at || clients.done()) request(Phase::kDraining);
      if (outcome_.steps == abort_at) request(Phase::kAborting);
      if (!serving.done() && kernel_.network().now() > end_by_) {
        fail("the server did not close every connection when it was told to abort");
      }
      if (++outcome_.steps > kStepsMax) {
        fail("the run does not end");
      } else if (!step()) {
        fail("deadlock: every coroutine waits, and nothing is pending");
      }
      if (!outcome_.failure.empty()) give_up(clients, serving);
    }
    for (const std::unique_ptr<SimClient>& client : clients_) {
      if (!client->failure().empty()) {
        fail(fmt::format("{} ({})", client->failure(), client->describe()));
      }
    }
  }

  // A deadlocked world cannot be destroyed: its coroutines wait for operations that never complete.
  // The failed check prints how to repeat it.
  [[noreturn]] void give_up(const Task<>& clients, const Task<>& serving) {
    std::fprintf(stderr, "%s (clients %s, server %s)\n", outcome_.failure.c_str(),
                 clients.done() ? "done" : "not done", serving.done() ? "done" : "not done");
    for (const std::unique_ptr<SimClient>& client : clients_) {
      std::fprintf(stderr, "  %s\n", client->describe().c_str());
    }
    ECHOD_CHECK(outcome_.failure.empty());
    std::abort();
  }

  void request(Phase phase) {
    run_state_.draining = true;
    if (phase == Phase::kAborting) {
      run_state_.aborted = true;
      end_by_ = kernel_.network().now() + kEndsWithin;
    }
    server_.loop->request(phase);
  }

  Task<> run_clients() {
    const uint64_t count = scripts_ != nullptr ? scripts_->size() : random_.spread(12);
    const ClientContext context{.kernel = kernel_,
                                .loop = *client_.loop,
                                .server = endpoint(kPort),
                                .run_state = run_state_};
    Nursery running;
    for (uint64_t i = 0; i < count; ++i) {
      ++outcome_.connections;
      clients_.push_back(make_client(context));
      running.spawn(clients_.back()->run());
      if (random_.chance(0.7)) continue;
      Operation sleep = Operation::sleep(client_.loop->now() +
                                         Duration(static_cast<int64_t>(random_.spread(1u << 30))));
      co_await client_.loop->perform(sleep);
    }
    co_await running.join();
  }

  std::unique_ptr<SimClient> make_client(ClientContext context) {
    if (scripts_ != nullptr) {
      const ClientScript& script = (*scripts_)[clients_.size()];
      if (script.raw_port) context.server = endpoint(kPort + 1);
      return make_script_client(context, random_, script);
    }
    if (random_.chance(0.3)) context.server = endpoint(kPort + 1);
    const bool raw_port = context.server.port() != kPort;
    const uint64_t kind = random_.below(raw_port ? 2 : 5);
    if (kind == 0) return make_raw_client(context, random_);
    if (kind == 1) return make_tcp_message_client(context, random_);
    if (kind == 2) return make_http1_message_client(context, random_);
    if (kind == 3) return make_endpoint_client(context, random_);
    return make_websocket_message_client(context, random_);
  }

  // Runs one event, or advances time to the next one. False: there is none.
  bool step() {
    SimNetwork& network = kernel_.network();
    Host* hosts[] = {&server_, &client_};
    bool due[] = {server_.due(network.now()), client_.due(network.now())};
    const bool delivery = network.next() <= network.now();
    const unsigned choices = (due[0] ? 1u : 0u) + (due[1] ? 1u : 0u) + (delivery ? 1u : 0u);
    if (choices == 0) return pass_time();
    uint64_t choice = random_.below(choices);
    for (size_t i = 0; i < 2; ++i) {
      if (!due[i]) continue;
      if (choice-- == 0) {
        run(*hosts[i]);
        return true;
      }
    }
    network.deliver();
    return true;
  }

  void run(Host& host) {
    {
      kernel_.set_faulty(host.faulty);
      MemoryFaultsScope scope(host.faulty ? this : nullptr);
      host.loop->run_once();
    }
    host.wait = kernel_.take_wait();
    if (host.faulty && served_) check_memory(*served_);
    outcome_.trace = (outcome_.trace ^
                      static_cast<uint64_t>(kernel_.network().now().time_since_epoch().count())) *
                     0x100000001b3;
  }

  bool refuses_memory() noexcept override {
    const bool refused = kernel_.fails(faults_.no_allocation);
    if (refused) run_state_.out_of_memory = true;
    return refused;
  }

  // The server's buffers are limited: those lent to its ring, and up to four for each connection:
  // the chunk received, the chunk being sent and, for a WebSocket, one held until it is validated,
  // or inflated and deflated again.
  void check_memory(const LoopService& served) {
    const size_t connections = served.connections();
    const size_t leased = server_.loop->buffers().leased();
    if (leased > LentBuffers::kCount + 4 * connections) {
      fail(fmt::format("{} buffers leased for {} connections", leased, connections));
    }
    if (connections > connections_max_) {
      fail(fmt::format("{} connections, more than the limit of {}", connections, connections_max_));
    }
  }

  bool pass_time() {
    SimNetwork& network = kernel_.network();
    const Time next = std::min({network.next(), server_.wait.until, client_.wait.until});
    if (next == kNever) return false;
    network.advance(next);
    if (random_.chance(faults_.clock_jump)) {
      run_state_.clock_jumped = true;
      end_by_ = kNever;
      network.advance(next + std::chrono::seconds(random_.spread(600)));
    }
    return true;
  }

  // Destroys everything, and checks that nothing is left.
  void close() {
    served_.reset();
    worker_.reset();
    service_.reset();
    admission_.reset();
    server_.loop.reset();
    client_.loop.reset();
    if (kernel_.open_descriptors() > 0) {
      fail(fmt::format("{} descriptors left open", kernel_.open_descriptors()));
    }
  }

  void fail(std::string what) {
    if (outcome_.failure.empty()) outcome_.failure = std::move(what);
  }

  static constexpr uint16_t kPort = 8080;

  Random random_;
  Faults faults_;
  SimKernel kernel_;
  KernelScope scope_;
  Log& log_;
  const std::vector<ClientScript>* scripts_;
  EngineKind server_kind_;
  EngineKind client_kind_;
  RunState run_state_;
  WorldOutcome outcome_;
  Time start_{};
  Deadline end_by_ = kNever;
  Host server_;
  Host client_;
  std::optional<EchoService> service_;
  std::optional<Admission> admission_;
  size_t connections_max_ = 0;
  WorkerSet workers_;
  std::optional<Worker> worker_;
  std::optional<LoopService> served_;
  std::vector<std::unique_ptr<SimClient>> clients_;
};

}  // namespace

WorldOutcome run_world(const WorldOptions& options, Log& log) { return World(options, log).run(); }

}  // namespace echod::sim
