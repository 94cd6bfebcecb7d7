#include "app/serve/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/resolver.h"
#include "net/socket_options.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

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

// Whether one of `listening` conflicts with `endpoint`: the same port, and the same address or a
// wildcard.
bool is_taken(const std::vector<Listening>& listening, const Endpoint& endpoint) {
  return endpoint.port() != 0 && std::ranges::any_of(listening, [&](const Listening& other) {
           return other.endpoint.port() == endpoint.port() &&
                  (other.endpoint == endpoint || other.endpoint.is_any() || endpoint.is_any());
         });
}

// Opens an address's sockets, one per event loop, all on the port of the first one.
std::expected<void, ListenFailure> open_endpoint(Endpoint endpoint, Protocol protocol,
                                                 const ListenerNeeds& needs, SocketOptions options,
                                                 OpenedListeners& opened) {
  const auto failed = [&](Errc code, std::string text) {
    return std::unexpected(ListenFailure{.code = code, .text = std::move(text)});
  };
  if (is_taken(opened.listening, endpoint)) {
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

// Whether `url` is one of `endpoint`'s names.
bool names(const ListenUrl& url, const Endpoint& endpoint) {
  if (url.port != endpoint.port()) return false;
  const Result<std::vector<Endpoint>> endpoints = resolve(url.host, url.port);
  return endpoints && std::ranges::find(*endpoints, endpoint) != endpoints->end();
}

// By the socket's name, or by the listen URL with its address.
Protocol protocol_of(const InheritedSocket& socket, const Endpoint& endpoint,
                     const ServeOptions& options) {
  if (const auto named = protocol_with_scheme(socket.name, UrlUse::kListen)) return *named;
  for (const ListenUrl& url : options.listen) {
    if (names(url, endpoint)) return url.protocol;
  }
  return Protocol::kAuto;
}

void warn_of_unused_urls(const ServeOptions& options, OpenedListeners& opened) {
  if (!options.given.listen) return;
  for (const ListenUrl& url : options.listen) {
    const bool is_used = std::ranges::any_of(opened.listening, [&url](const Listening& listening) {
      return names(url, listening.endpoint);
    });
    if (is_used) continue;
    opened.warnings.push_back(
        fmt::format("--listen {} has no effect: the service manager passed the listening sockets "
                    "(LISTEN_FDS), and none has that address",
                    format_listen_url(url)));
  }
}

}  // namespace

std::expected<OpenedListeners, std::string> open_listeners(const ServeOptions& options,
                                                           const ListenerNeeds& needs) {
  OpenedListeners opened;
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

std::expected<OpenedListeners, std::string> adopt_listeners(std::vector<InheritedSocket> inherited,
                                                            const ServeOptions& options,
                                                            const ListenerNeeds& needs) {
  OpenedListeners opened;
  SocketOptions socket_options = options.socket;
  socket_options.blocking = needs.shared_blocking;
  for (InheritedSocket& one : inherited) {
    const int fd = one.socket.get();
    const auto failed = [&](std::string_view why) {
      return Failure(fmt::format("cannot listen on inherited descriptor {} ({}): {}", fd,
                                 one.name.empty() ? "no name" : one.name, why));
    };
    if (Result<void> prepared = prepare_inherited(fd, socket_options); !prepared) {
      if (prepared.error().os_error != EINVAL) return failed(describe(prepared.error()));
      return failed(
          "it is not a listening TCP socket; a socket unit needs ListenStream= with a "
          "port, and Accept=no");
    }
    Listener listener;
    listener.shared = true;
    listener.endpoint = Endpoint::local_of(fd);
    opened.listening.push_back({protocol_of(one, listener.endpoint, options), listener.endpoint});
    listener.sockets.push_back(std::move(one.socket));
    while (listener.sockets.size() < needs.sockets) {
      Result<Fd> copy = duplicate(fd);
      if (!copy) return failed(describe(copy.error()));
      listener.sockets.push_back(std::move(*copy));
    }
    opened.listeners.push_back(std::move(listener));
  }
  warn_of_unused_urls(options, opened);
  return opened;
}

}  // namespace echod
