// Maps a path to an endpoint. A Router is an object that is passed in: the echo server's routes are
// one (http/endpoints/routes.h); a server with other paths has another.
#pragma once

#include <span>
#include <string_view>

#include "http/responder.h"

namespace echod::http {

// Reads the request's body and sends the response. `argument` is the part of the path after the
// route's pattern. Fails if the connection fails. A coroutine over a Responder: it does not depend
// on the version of HTTP.
using Endpoint = Task<BodyEnd> (*)(Responder& responder, std::string_view argument);

struct Route {
  // "/healthz" matches exactly. "/bytes/" matches longer paths with this prefix; the rest is the
  // argument. "*.sse" matches paths with this suffix.
  std::string_view pattern;
  Endpoint endpoint;
};

class Router {
 public:
  // The first matching route is used, and `fallback` for all other paths. `routes` must outlive the
  // router.
  constexpr Router(std::span<const Route> routes, Endpoint fallback)
      : routes_(routes), fallback_(fallback) {}

  struct Match {
    Endpoint endpoint = nullptr;
    std::string_view argument = {};
  };

  // `path` is without its query (wire::split_target).
  Match match(std::string_view path) const;

 private:
  std::span<const Route> routes_;
  Endpoint fallback_;
};

}  // namespace echod::http
