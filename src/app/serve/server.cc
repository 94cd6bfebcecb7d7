#include "app/serve/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "app/admin/admin_server.h"
#include "app/serve/memory_limit.h"
#include "app/serve/processor_quota.h"
#include "app/version/build_info.h"
#include "engine/processor.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

// Descriptors for other uses than connections: listeners, loops, the log, the three standard
// streams.
constexpr size_t kReservedDescriptors = 64;

// Receive size of a classic textbook server, in bytes.
constexpr size_t kSequentialReceiveSize = 4096;

// How many threads or loops to start, and whether they busy-poll.
struct Workers {
  unsigned count = 1;
  SpinChoice spin;
};

Workers choose_workers(const ServeOptions& options, EngineKind kind) {
  ProcessorShare share{.usable = static_cast<unsigned>(usable_processors().size()),
                       .quota = processor_quota()};
  const unsigned processors = processors_within(share.quota, share.usable);
  Workers workers{.count = options.workers, .spin = {}};
  if (workers.count == 0) workers.count = default_workers(kind, processors);
  if (kind == EngineKind::kSequential) workers.count = 1;
  share.loops = workers.count;
  if (has_event_loops(kind)) workers.spin = choose_spin(options.spin_max, share);
  return workers;
}

// `connections_max`: the admission limit; `descriptors`: the process's descriptor limit.
EngineOptions engine_options(const ServeOptions& options, EngineKind kind, const Workers& workers,
                             size_t connections_max, size_t descriptors) {
  EngineOptions engine;
  engine.kind = kind;
  engine.queue_max = options.queue_max;
  engine.spread = options.spread;
  engine.direct_max = connections_max > descriptors ? connections_max : 0;
  engine.workers = workers.count;
  engine.spin_max = workers.spin.max;
  if (kind == EngineKind::kSequential) engine.receive_size_max = kSequentialReceiveSize;
  return engine;
}

size_t memory_max(const ServeOptions& options) {
  if (options.memory_max > 0) return options.memory_max;
  const uint64_t limit = memory_limit();
  return limit > 0 ? limit / 4 : SIZE_MAX;
}

EchoService::Settings service_settings(const ServeOptions& options, EngineKind kind,
                                       const std::vector<Listening>& listening, uint64_t seed,
                                       http::Observer* http_observer) {
  EchoService::Settings settings;
  for (const Listening& listener : listening) {
    settings.protocols.push_back(listener.protocol);
  }
  settings.detect_timeout = options.detect_timeout;
  settings.http = options.http;
  settings.http.control.seed = options.seed.value_or(seed);
  // Without an access log nobody pays for what it would be told.
  settings.http.observer = options.access_log.file.empty() ? nullptr : http_observer;
  Duration idle = kind == EngineKind::kSequential ? kSequentialIdleTimeout : kIdleTimeout;
  settings.timeouts = {.idle = options.idle_timeout.value_or(idle),
                       .stall = options.stall_timeout,
                       .growth_earned = options.socket.buffer_size == 0};
  settings.log_receives = options.log_receives;
  settings.memory_max = memory_max(options);
  settings.count_requests = !options.admin.listen.empty();
  settings.health_endpoints = options.admin.health_endpoints;
  settings.lists_connections = !options.admin.listen.empty();
  return settings;
}

size_t default_connections_max(size_t descriptors, bool has_admin) {
  const size_t reserved = kReservedDescriptors + (has_admin ? AdminServer::kConnectionsHardMax : 0);
  return descriptors > 2 * reserved ? descriptors - reserved : std::max<size_t>(descriptors / 2, 1);
}

std::string summarise(const EngineChoice& engine, const Workers& workers) {
  std::string text = fmt::format("{} ({}), {} worker{}", name_of(engine.kind), engine.reason,
                                 workers.count, workers.count == 1 ? "" : "s");
  if (workers.spin.withheld) text += ", busy-polling off: " + workers.spin.reason;
  return text;
}

Admission::Limits admission_limits(const ServeOptions& options, size_t descriptors) {
  const bool has_admin = !options.admin.listen.empty();
  return {.connections_max = options.connections_max > 0
                                 ? options.connections_max
                                 : default_connections_max(descriptors, has_admin),
          .connections_per_source_max = options.connections_per_source_max};
}

}  // namespace

std::expected<std::unique_ptr<Server>, std::string> Server::start(
    const ServeOptions& options, Log& log, http::Observer* http_observer,
    std::vector<InheritedSocket> inherited) {
  try {
    return start_with_memory(options, log, http_observer, std::move(inherited));
  } catch (const std::bad_alloc&) {
    return Failure("out of memory");
  }
}

std::expected<std::unique_ptr<Server>, std::string> Server::start_with_memory(
    const ServeOptions& options, Log& log, http::Observer* http_observer,
    std::vector<InheritedSocket> inherited) {
  size_t descriptors = raise_descriptor_limit();
  EngineChoice choice =
      options.engine ? EngineChoice{*options.engine, "chosen with --engine"} : choose_engine();
  const Admission::Limits limits = admission_limits(options, descriptors);
  const Workers workers = choose_workers(options, choice.kind);
  EngineOptions engine =
      engine_options(options, choice.kind, workers, limits.connections_max, descriptors);
  const ListenerNeeds needs = listener_needs(engine);
  std::expected<OpenedListeners, std::string> opened =
      inherited.empty() ? open_listeners(options, needs)
                        : adopt_listeners(std::move(inherited), options, needs);
  if (!opened) return Failure(opened.error());

  const uint64_t seed = std::random_device{}();
  EchoService::Settings settings =
      service_settings(options, choice.kind, opened->listening, seed, http_observer);
  engine.seed = settings.http.control.seed;
  std::unique_ptr<Server> server(new Server(std::move(settings), limits, log, http_observer));
  server->listening_ = opened->listening;
  server->listen_warnings_ = std::move(opened->warnings);
  server->http_observer_ = http_observer;
  server->seed_ = seed;
  server->descriptors_ = descriptors;
  server->engine_kind_ = choice.kind;
  server->engine_summary_ = summarise(choice, workers);
  server->workers_ = workers.count;
  server->spin_ = workers.spin;
  server->engine_reason_ = choice.reason;
  Result<std::unique_ptr<Engine>> started = Engine::start(
      engine, std::move(opened->listeners), server->service_, server->admission_, server->service_);
  if (!started) {
    return Failure(fmt::format("cannot start the {} engine: {}; try another with --engine",
                               name_of(choice.kind), describe(started.error())));
  }
  server->engine_ = std::move(*started);
  return server;
}

void Server::fill(MetricsSnapshot& snapshot) const {
  engine_->add_to(snapshot.totals);
  std::vector<ListenQueue> queues(listening_.size());
  engine_->add_to(queues);
  for (size_t i = 0; i < listening_.size(); ++i) {
    snapshot.listeners.push_back({.name = listening_[i].endpoint.to_string(), .queue = queues[i]});
  }
  snapshot.version = build_info().version;
  snapshot.commit = build_info().commit;
  snapshot.engine = name_of(engine_kind_);
  snapshot.engine_reason = engine_reason_;
  snapshot.workers = workers_;
  snapshot.phase = engine_->phase();
  snapshot.connections_max = admission_.connections_max();
  snapshot.source_refusals = service_.source_refusals();
  snapshot.accept_pauses = service_.accept_pauses();
  snapshot.memory_used = service_.memory().used();
  snapshot.memory_max = service_.memory().size_max();
  snapshot.memory_refusals = service_.memory().refusals();
}

bool Server::apply(const ServeOptions& options) noexcept {
  try {
    service_.apply(service_settings(options, engine_kind_, listening_, seed_, http_observer_));
  } catch (const std::bad_alloc&) {
    return false;
  }
  admission_.set_limits(admission_limits(options, descriptors_));
  return true;
}

}  // namespace echod
