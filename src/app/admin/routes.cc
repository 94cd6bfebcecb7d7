#include "app/admin/routes.h"

#include <array>

#include "app/admin/config_endpoint.h"
#include "app/admin/connections.h"
#include "app/admin/context.h"
#include "app/admin/endpoints.h"
#include "app/admin/host_check.h"
#include "app/admin/limits.h"
#include "wire/http/target.h"

namespace echod {
namespace {

using http::BodyEnd;
using http::Responder;

constexpr std::string_view kRead = "GET, HEAD";

constexpr std::array kRoutes = {
    AdminRoute{"/", kRead, Reach::kRemote, answer_index, "this list"},
    AdminRoute{"/livez", kRead, Reach::kRemote, answer_live, "200 while the process answers"},
    AdminRoute{"/readyz", kRead, Reach::kRemote, answer_ready,
               "200 while the server wants work; 503 from SIGTERM on"},
    AdminRoute{"/healthz", kRead, Reach::kRemote, answer_live, "the same as /livez"},
    AdminRoute{"/config", kRead, Reach::kLocal, answer_config,
               "the settings in effect, and where they come from"},
    AdminRoute{"/api/v1/connections", kRead, Reach::kLocal, answer_connections,
               "open connections: ?protocol=&peer=&min_age=&sort=&limit="},
    AdminRoute{"/api/v1/connections/", "GET, HEAD, DELETE", Reach::kLocal, answer_connection,
               "one of them, by its id; DELETE closes it"},
    AdminRoute{"/api/v1/limits", "GET, HEAD, PATCH", Reach::kLocal, answer_limits,
               "the options that can change while the server runs; PATCH changes them"},
    AdminRoute{"/metrics", kRead, Reach::kRemote, answer_metrics,
               "counters, for Prometheus and what reads its format"},
    AdminRoute{"/version", kRead, Reach::kRemote, answer_version, "the program and its engine"},
};

const AdminRoute* find_route(std::string_view path, std::string_view& argument) {
  for (const AdminRoute& route : kRoutes) {
    const bool takes_argument = route.path.size() > 1 && route.path.ends_with('/');
    if (takes_argument ? path.starts_with(route.path) && path.size() > route.path.size()
                       : path == route.path) {
      argument = path.substr(route.path.size());
      return &route;
    }
  }
  return nullptr;
}

bool allows(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    const size_t end = std::min(methods.find(", "), methods.size());
    if (methods.substr(0, end) == method) return true;
    methods.remove_prefix(std::min(end + 2, methods.size()));
  }
  return false;
}

Task<BodyEnd> answer_admin(Responder& responder, std::string_view) {
  const AdminContext& context = context_of(responder);
  const http::Request& request = responder.request();
  BodyEnd end = BodyEnd::kComplete;
  const std::string_view refusal = refused_caller(request, context.hosts, context.is_unix);
  if (!refusal.empty()) {
    end = co_await responder.decline(403, refusal);
    co_return end;
  }
  std::string_view argument;
  const AdminRoute* route = find_route(wire::split_target(request.target).path, argument);
  if (route == nullptr) {
    end = co_await responder.decline(404, "not found; GET / lists the paths");
    co_return end;
  }
  if (route->reach == Reach::kLocal && !context.is_local) {
    end = co_await responder.decline(
        403, "only over a loopback address or a Unix socket (--admin unix:/PATH)");
    co_return end;
  }
  if (!allows(route->methods, request.method)) {
    http::FieldBuffer fields;
    fields.add("Allow", route->methods);
    end = co_await responder.decline(405, "method not allowed", fields.list());
    co_return end;
  }
  end = co_await route->answer(responder, argument);
  co_return end;
}

constexpr http::Router kRouter({}, answer_admin);

}  // namespace

std::span<const AdminRoute> admin_routes() { return kRoutes; }

const http::Router& admin_router() { return kRouter; }

}  // namespace echod
