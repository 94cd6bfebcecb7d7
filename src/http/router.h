// Which endpoint answers a request. A Router is an object that is passed in: the echo server's
// routes are one (http/endpoints/routes.h), and a server with other paths has another.
#pragma once

#include <span>
#include <string_view>

#include "http/responder.h"

namespace echod::http {

// Reads the request's body and gives the response. `argument` is what the route leaves of the path.
// Fails when the connection does. A coroutine over a Responder: it does not know which version of
// HTTP carries it.
using Endpoint = Task<BodyEnd> (*)(Responder& responder, std::string_view argument);

struct Route {
  // "/healthz": that path. "/bytes/": paths that begin so, and go on; the rest is the argument.
  // "*.sse": paths that end so.
  std::string_view pattern;
  Endpoint endpoint;
};

class Router {
 public:
  // The first route that matches counts; `fallback` answers every other path. `routes` must outlive
  // the router.
  constexpr Router(std::span<const Route> routes, Endpoint fallback)
      : routes_(routes), fallback_(fallback) {}

  struct Match {
    Endpoint endpoint;
    std::string_view argument = {};
  };

  // `path` is without its query (wire::split_target).
  Match match(std::string_view path) const;

 private:
  std::span<const Route> routes_;
  Endpoint fallback_;
};

}  // namespace echod::http
