// The echo server's paths. The place to add an endpoint: a function, and a line in routes.cc.
#pragma once

#include "http/router.h"

namespace echod::http {

// Paths with endpoints of their own; every other path echoes.
const Router& echo_router();

// The same, with /livez and /readyz (--health-endpoints).
const Router& echo_router_with_probes();

}  // namespace echod::http
