#include "http/endpoints/routes.h"

#include <algorithm>
#include <array>

#include "http/endpoints/echo.h"
#include "http/endpoints/events.h"
#include "http/endpoints/generated.h"
#include "http/endpoints/health.h"
#include "http/endpoints/httpbin.h"
#include "http/endpoints/reflection.h"

namespace echod::http {
namespace {

constexpr std::array kRoutes = {
    Route{"/", echo_body},
    Route{"/anything", answer_anything},
    Route{"/anything/", answer_anything},
    Route{"/bytes/", answer_bytes},
    Route{"/delay/", answer_delay},
    Route{"/drip", answer_drip},
    Route{"/env", answer_env},
    Route{"/headers", answer_headers},
    Route{"/healthz", answer_health},
    Route{"/ip", answer_ip},
    Route{"/raw", echo_raw},
    Route{"/redirect-to", answer_redirect},
    Route{"/reflect", reflect},
    Route{"/sse", answer_events},
    Route{"/status/", answer_status},
    Route{"/stream-bytes/", answer_stream_bytes},
    Route{"*.sse", answer_events},
};

// Those, and the other probes before them.
constexpr auto kRoutesWithProbes = [] {
  std::array<Route, kRoutes.size() + 2> routes = {Route{"/livez", answer_health},
                                                  Route{"/readyz", answer_ready}};
  std::ranges::copy(kRoutes, routes.begin() + 2);
  return routes;
}();

constexpr Router kRouter(kRoutes, echo_body);
constexpr Router kRouterWithProbes(kRoutesWithProbes, echo_body);

}  // namespace

const Router& echo_router() { return kRouter; }

const Router& echo_router_with_probes() { return kRouterWithProbes; }

}  // namespace echod::http
