#include "app/serve/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "app/admin/admin_server.h"
#include "app/serve/memory_limit.h"
#include "net/resolver.h"
#include "net/socket_options.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

// Descriptors for other uses than connections: listeners, loops, the log, the three standard
// streams.
constexpr size_t kReservedDescriptors = 64;

// Receive size of a classic textbook server, in bytes.
constexpr size_t kSequentialReceiveSize = 4096;

std::string explain_listen_failure(const Endpoint& endpoint, const Error& error) {
  std::string where = endpoint.to_string();
  switch (error.code) {
    case Errc::kAddressInUse:
      return fmt::format(
          "cannot listen on {}: the port is in use by another program; choose another with "
          "--listen HOST:PORT, or find it with: ss -ltnp 'sport = :{}'",
          where, endpoint.port());
    case Errc::kPermissionDenied:
      return fmt::format(
          "cannot listen on {}: ports below 1024 require a privilege; choose a higher port with "
          "--listen, or grant it with: setcap cap_net_bind_service=+ep echod",
          where);
    case Errc::kAddressInvalid:
      if (endpoint.is_loopback() && !endpoint.is_ipv6()) {
        return fmt::format(
            "cannot listen on {}: this machine has no such address; on an IPv6-only host: --listen "
            "'[::1]:{}'",
            where, endpoint.port());
      }
      return fmt::format(
          "cannot listen on {}: this machine has no such address; list its addresses with: ip addr",
          where);
    default:
      return fmt::format("cannot listen on {}: {}", where, describe(error));
  }
}

// Why listening on an address failed: a code for decisions, and a line for people.
struct ListenFailure {
  Errc code;
  std::string text;
};

struct Opened {
  std::vector<Listener> listeners;
  std::vector<Server::Listening> listening;

  // Whether one of them conflicts with `endpoint`: the same port, and the same address or a
  // wildcard.
  bool is_taken(const Endpoint& endpoint) const {
    return endpoint.port() != 0 && std::ranges::any_of(listening, [&](const auto& other) {
             return other.endpoint.port() == endpoint.port() &&
                    (other.endpoint == endpoint || other.endpoint.is_any() || endpoint.is_any());
           });
  }
};

// Opens an address's sockets, one per event loop, all on the port of the first one.
std::expected<void, ListenFailure> open_endpoint(Endpoint endpoint, Protocol protocol,
                                                 const ListenerNeeds& needs, SocketOptions options,
                                                 Opened& opened) {
  const auto failed = [&](Errc code, std::string text) {
    return std::unexpected(ListenFailure{.code = code, .text = std::move(text)});
  };
  if (opened.is_taken(endpoint)) {
    return failed(Errc::kAddressInUse,
                  fmt::format("cannot listen on {}: another --listen already uses that port",
                              endpoint.to_string()));
  }
  options.shared_port = needs.sockets > 1;
  options.blocking = needs.blocking;
  Listener listener;
  for (unsigned i = 0; i < needs.sockets; ++i) {
    Result<Fd> socket = listen_on(endpoint, options, i == 0);
    if (!socket) {
      return failed(socket.error().code, explain_listen_failure(endpoint, socket.error()));
    }
    if (i == 0) {
      Endpoint bound = Endpoint::local_of(socket->get());
      if (!bound.known()) {
        return failed(
            Errc::kSystem,
            fmt::format("cannot listen on {}: the system did not report the assigned port",
                        endpoint.to_string()));
      }
      endpoint = endpoint.with_port(bound.port());
    }
    listener.sockets.push_back(std::move(*socket));
  }
  listener.endpoint = endpoint;
  opened.listeners.push_back(std::move(listener));
  opened.listening.push_back({protocol, endpoint});
  return {};
}

// Opens every address of every URL. A name may resolve to an address that this machine lacks
// (localhost is often ::1 too), so one working address per URL is enough.
std::expected<Opened, std::string> open_listeners(const ServeOptions& options,
                                                  const ListenerNeeds& needs) {
  Opened opened;
  for (const ListenUrl& url : options.listen) {
    Result<std::vector<Endpoint>> endpoints = resolve(url.host, url.port);
    if (!endpoints) {
      return Failure(fmt::format(
          "cannot listen on {}: cannot resolve host ({}); check its spelling, or give an address",
          url.host, text_of(endpoints.error().detail)));
    }
    size_t before = opened.listening.size();
    std::string skipped;
    for (Endpoint endpoint : *endpoints) {
      bool follows = opened.listening.size() > before;
      if (follows && url.port == 0)
        endpoint = endpoint.with_port(opened.listening.back().endpoint.port());
      auto result = open_endpoint(endpoint, url.protocol, needs, options.socket, opened);
      if (result) continue;
      const bool missing = result.error().code == Errc::kAddressInvalid;
      if (!missing || endpoints->size() == 1) return Failure(result.error().text);
      skipped = result.error().text;
    }
    if (opened.listening.size() == before) return Failure(skipped);
  }
  return opened;
}

// `connections_max`: the admission limit; `descriptors`: the process's descriptor limit.
EngineOptions engine_options(const ServeOptions& options, EngineKind kind, size_t connections_max,
                             size_t descriptors) {
  EngineOptions engine;
  engine.kind = kind;
  engine.queue_max = options.queue_max;
  engine.spread = options.spread;
  engine.spin_max = options.spin_max;
  engine.direct_max = connections_max > descriptors ? connections_max : 0;
  engine.workers = options.workers > 0 ? options.workers : default_workers(kind);
  if (kind == EngineKind::kSequential) {
    engine.workers = 1;
    engine.receive_size_max = kSequentialReceiveSize;
  }
  return engine;
}

size_t memory_max(const ServeOptions& options) {
  if (options.memory_max > 0) return options.memory_max;
  const uint64_t limit = memory_limit();
  return limit > 0 ? limit / 4 : SIZE_MAX;
}

EchoService::Settings service_settings(const ServeOptions& options, EngineKind kind,
                                       const std::vector<Server::Listening>& listening) {
  EchoService::Settings settings;
  for (const Server::Listening& listener : listening) {
    settings.protocols.push_back(listener.protocol);
  }
  settings.detect_timeout = options.detect_timeout;
  settings.http = options.http;
  settings.http.control.seed = options.seed.value_or(std::random_device{}());
  Duration idle = kind == EngineKind::kSequential ? kSequentialIdleTimeout : kIdleTimeout;
  settings.timeouts = {.idle = options.idle_timeout.value_or(idle),
                       .stall = options.stall_timeout,
                       .growth_earned = options.socket.buffer_size == 0};
  settings.log_receives = options.log_receives;
  settings.memory_max = memory_max(options);
  settings.health_endpoints = options.admin.health_endpoints;
  settings.lists_connections = !options.admin.listen.empty();
  return settings;
}

size_t default_connections_max(size_t descriptors, bool has_admin) {
  const size_t reserved = kReservedDescriptors + (has_admin ? AdminServer::kConnectionsHardMax : 0);
  return descriptors > 2 * reserved ? descriptors - reserved : std::max<size_t>(descriptors / 2, 1);
}

std::string summarise(EngineKind kind, std::string_view reason, unsigned workers) {
  return fmt::format("{} ({}), {} worker{}", name_of(kind), reason, workers,
                     workers == 1 ? "" : "s");
}

}  // namespace

std::expected<std::unique_ptr<Server>, std::string> Server::start(const ServeOptions& options,
                                                                  Log& log,
                                                                  http::Observer* http_observer) {
  try {
    return start_with_memory(options, log, http_observer);
  } catch (const std::bad_alloc&) {
    return Failure("out of memory");
  }
}

std::expected<std::unique_ptr<Server>, std::string> Server::start_with_memory(
    const ServeOptions& options, Log& log, http::Observer* http_observer) {
  size_t descriptors = raise_descriptor_limit();
  EngineChoice choice =
      options.engine ? EngineChoice{*options.engine, "chosen with --engine"} : choose_engine();
  const bool has_admin = !options.admin.listen.empty();
  size_t connections_max = options.connections_max > 0
                               ? options.connections_max
                               : default_connections_max(descriptors, has_admin);
  EngineOptions engine = engine_options(options, choice.kind, connections_max, descriptors);
  std::expected<Opened, std::string> opened = open_listeners(options, listener_needs(engine));
  if (!opened) return Failure(opened.error());

  Admission::Limits limits{.connections_max = connections_max,
                           .connections_per_source_max = options.connections_per_source_max};
  EchoService::Settings settings = service_settings(options, choice.kind, opened->listening);
  settings.http.observer = http_observer;
  engine.seed = settings.http.control.seed;
  std::unique_ptr<Server> server(new Server(std::move(settings), limits, log));
  server->listening_ = opened->listening;
  server->engine_kind_ = choice.kind;
  server->engine_summary_ = summarise(choice.kind, choice.reason, engine.workers);
  Result<std::unique_ptr<Engine>> started = Engine::start(
      engine, std::move(opened->listeners), server->service_, server->admission_, server->service_);
  if (!started) {
    return Failure(fmt::format("cannot start the {} engine: {}; try another with --engine",
                               name_of(choice.kind), describe(started.error())));
  }
  server->engine_ = std::move(*started);
  return server;
}

}  // namespace echod
