// Which endpoint answers a request: the paths that mean something of their own, and what all others
// get. The one place to add an endpoint to.
#pragma once

#include <string_view>

#include "protocol/http1_echo.h"

namespace echod {

struct HttpRoute {
  HttpEndpoint endpoint;
  std::string_view argument = {};  // what is left of the path for the endpoint
};

// The route of a path without its query (wire::split_target).
HttpRoute route_of(std::string_view path);

}  // namespace echod
