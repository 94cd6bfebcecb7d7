#include "app/admin/admin_server.h"

#include <fmt/format.h>

#include <cerrno>

#include "app/admin/routes.h"
#include "net/resolver.h"
#include "net/socket_options.h"
#include "stream/socket_transport.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

// What a request to the admin interface may be: small, and sent at once.
constexpr size_t kHeadSizeMax = 16 * 1024;  // bytes
constexpr uint64_t kBodySizeMax = 64 * 1024;
constexpr Duration kHeadTimeout = std::chrono::seconds(5);
constexpr Duration kRequestTimeout = std::chrono::seconds(5);
constexpr Duration kLingerTimeout = std::chrono::seconds(1);

// A scraper keeps its connection between two scrapes.
constexpr StreamTimeouts kTimeouts{.idle = std::chrono::seconds(90),
                                   .stall = std::chrono::seconds(10)};

Http1Settings settings_with(const AdminContext& context) {
  Http1Settings settings;
  settings.control.enabled = false;
  settings.context = &context;
  settings.limits.head_size_max = kHeadSizeMax;
  settings.limits.body_size_max = kBodySizeMax;
  settings.head_timeout = kHeadTimeout;
  settings.request_timeout = kRequestTimeout;
  settings.linger_timeout = kLingerTimeout;
  settings.websocket.enabled = false;
  return settings;
}

Failure cannot_listen(std::string_view where, std::string_view why) {
  return Failure(fmt::format("cannot serve the admin interface on {}: {}", where, why));
}

std::string explain(const Error& error) {
  switch (error.code) {
    case Errc::kAddressInUse:
      return error.os_error == ENOTSOCK
                 ? "there is a file that is not a socket; choose another path"
                 : "it is in use by another program; choose another with --admin";
    case Errc::kPermissionDenied:
      return "permission denied; choose another with --admin";
    case Errc::kAddressInvalid:
      return "this machine has no such address; list its addresses with: ip addr";
    default:
      break;
  }
  // Of a Unix socket's path.
  if (error.os_error == ENOENT)
    return "its folder does not exist; create it, or choose another path";
  if (error.os_error == ENOTDIR) return "a part of its path is not a folder; choose another path";
  return describe(error);
}

}  // namespace

AdminServer::Entrance::Entrance(const AdminResources& resources, bool local, bool unix,
                                const std::vector<std::string>& hosts)
    : context(resources, local, unix, hosts), handler(settings_with(context), admin_router()) {}

std::expected<std::unique_ptr<AdminServer>, std::string> AdminServer::start(
    const AdminOptions& options, AdminResources resources) {
  std::unique_ptr<AdminServer> server(new AdminServer(options, std::move(resources)));
  for (const AdminAddress& address : options.listen) {
    if (auto opened = server->open(address); !opened) return Failure(opened.error());
  }
  const EngineOptions engine{.kind = EngineKind::kEpoll,
                             .workers = 1,
                             .buffers = {},
                             .spread = Spread::kHash,
                             .spin_max = Duration::zero()};
  Result<std::unique_ptr<Engine>> started =
      Engine::start(engine, std::move(server->opened_), *server, server->admission_, *server);
  if (!started) {
    return Failure(fmt::format("cannot start the admin interface: {}", describe(started.error())));
  }
  server->engine_ = std::move(*started);
  return server;
}

// The sockets are the engine's.
AdminServer::~AdminServer() { files_.clear(); }

std::expected<void, std::string> AdminServer::open(const AdminAddress& address) {
  return address.is_unix() ? open_path(address.path) : open_port(address);
}

// A name may resolve to an address that this machine lacks (localhost is often ::1 too), so one
// working address is enough.
std::expected<void, std::string> AdminServer::open_port(const AdminAddress& address) {
  Result<std::vector<Endpoint>> endpoints = resolve(address.host, address.port);
  if (!endpoints) {
    return cannot_listen(address.to_string(),
                         fmt::format("cannot resolve it ({})", text_of(endpoints.error().detail)));
  }
  std::string problem;
  const size_t before = entrances_.size();
  uint16_t port = address.port;
  for (const Endpoint& wanted : *endpoints) {
    const Endpoint endpoint = wanted.with_port(port);
    if (!endpoint.is_loopback() && !options_.allow_remote) {
      return cannot_listen(endpoint.to_string(), kAdminReachAdvice);
    }
    Result<Fd> socket = listen_on(endpoint, SocketOptions{});
    if (!socket) {
      problem = explain(socket.error());
      if (socket.error().code == Errc::kAddressInvalid) continue;
      return cannot_listen(endpoint.to_string(), problem);
    }
    const Endpoint bound = Endpoint::local_of(socket->get());
    port = bound.port();
    Listener listener;
    listener.endpoint = endpoint.with_port(port);
    listener.sockets.push_back(std::move(*socket));
    std::string name = listener.endpoint.to_string();
    add(std::move(listener), std::move(name), endpoint.is_loopback(), false);
  }
  if (entrances_.size() == before) return cannot_listen(address.to_string(), problem);
  return {};
}

std::expected<void, std::string> AdminServer::open_path(const std::string& path) {
  Result<UnixListener> opened = listen_on_unix(path);
  if (!opened) return cannot_listen("unix:" + path, explain(opened.error()));
  Listener listener;
  listener.kind = ListenerKind::kUnix;
  listener.sockets.push_back(std::move(opened->socket));
  files_.push_back(std::move(opened->file));
  add(std::move(listener), "unix:" + path, true, true);
  return {};
}

void AdminServer::add(Listener listener, std::string name, bool local, bool unix) {
  opened_.push_back(std::move(listener));
  listening_.push_back(std::move(name));
  entrances_.push_back(std::make_unique<Entrance>(resources_, local, unix, options_.hosts));
}

Task<> AdminServer::serve(Worker& worker, Accepted accepted) {
  Session session{.clock = worker.loop(), .buffers = worker.buffers(), .worker = &worker};
  SocketStream stream(worker.loop(), std::move(accepted.socket), session, kTimeouts);
  const SocketTransport transport(stream, accepted.ticket.peer(), worker.begin_connection());
  session.transport = &transport;
  const Result<void> opened = stream.open();
  if (!opened) co_return;
  if (open_.size() == kConnectionsMax) {
    open_.front()->abort({Errc::kAborted});
    open_.pop_front();
  }
  open_.push_back(&stream);
  const Handler& handler = entrances_.at(accepted.listener)->handler;
  const Result<void> outcome = co_await handler.serve(stream, session).observed();
  if (!outcome) stream.reset_when_closed();
  open_.remove(&stream);
}

}  // namespace echod
