#include "protocol/http_routes.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "wire/http_target.h"

namespace echod {
namespace {

struct Route {
  std::string_view path;
  HttpAnswer answer;
};

constexpr std::array kRoutes = {
    Route{"/raw", HttpAnswer::kRawRequest},
    Route{"/reflect", HttpAnswer::kReflection},
};

}  // namespace

HttpAnswer answer_to(const wire::RequestHead& head) {
  const std::string_view path = wire::split_target(head.target).path;
  const auto route = std::ranges::find(kRoutes, path, &Route::path);
  if (route != kRoutes.end()) return route->answer;
  return head.framing == wire::BodyFraming::kNone ? HttpAnswer::kReflection : HttpAnswer::kEcho;
}

}  // namespace echod
