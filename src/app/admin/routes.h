// The paths of the admin interface. The place to add one: a function, and a line in routes.cc.
#pragma once

#include <span>
#include <string_view>

#include "http/router.h"

namespace echod {

// From where a path can be reached.
enum class Reach : uint8_t {
  kLocal,   // only over a loopback address or a Unix socket: it shows peers or changes the server
  kRemote,  // also over other addresses (--admin-allow-remote): what probes and scrapers need
};

struct AdminRoute {
  std::string_view path;     // with a "/" at its end: and an argument behind it
  std::string_view methods;  // for Allow: "GET, HEAD"
  Reach reach;
  http::Endpoint answer;
  std::string_view about;  // one line for the index
};

std::span<const AdminRoute> admin_routes();

// Answers every path of the admin interface: checks who calls (host_check.h), and finds the route.
// Responder::settings().context must be an AdminContext.
const http::Router& admin_router();

}  // namespace echod
