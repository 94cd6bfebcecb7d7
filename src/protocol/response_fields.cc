#include "protocol/response_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wire/http1.h"
#include "wire/http1_syntax.h"

namespace echod {
namespace {

using wire::equals_ignoring_case;

// Registered names whose fields say something of this answer alone.
constexpr std::array kAllowedNames = std::to_array<std::string_view>({
    "Accept-Ranges",    "Age",          "Allow",         "Cache-Control",
    "Content-Language", "Content-Type", "ETag",          "Expires",
    "Last-Modified",    "Pragma",       "RateLimit",     "RateLimit-Policy",
    "Retry-After",      "Server",       "Server-Timing", "traceparent",
    "tracestate",       "Vary",         "Via",           "Warning",
});

constexpr std::string_view kPrivatePrefix = "X-";

// Of the private names those that somebody acts on: our own, a browser, a proxy in front that would
// send a file of its own or another server's answer.
constexpr std::array kRefusedPrefixes = std::to_array<std::string_view>({
    wire::kControlPrefix,
    "X-Content-Type-Options",
    "X-DNS-Prefetch-Control",
    "X-Download-Options",
    "X-Frame-Options",
    "X-Permitted-Cross-Domain-Policies",
    "X-SourceMap",
    "X-UA-Compatible",
    "X-XSS-Protection",
    "X-Accel-",
    "X-LIGHTTPD-",
    "X-LiteSpeed-",
    "X-Proxy-",
    "X-Reproxy-",
    "X-Sendfile",
    "X-Send-File",
});

bool begins_with(std::string_view name, std::string_view prefix) {
  return equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

}  // namespace

bool is_allowed_field(std::string_view name) {
  const bool known = std::ranges::any_of(
      kAllowedNames, [=](std::string_view allowed) { return equals_ignoring_case(name, allowed); });
  const bool refused = std::ranges::any_of(
      kRefusedPrefixes, [=](std::string_view prefix) { return begins_with(name, prefix); });
  return known || (begins_with(name, kPrivatePrefix) && !refused);
}

std::expected<std::string, std::string> requested_field(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon == std::string_view::npos || !wire::is_token(name)) {
    return std::unexpected("header: write it as Name:value");
  }
  const std::string_view value = wire::trim(text.substr(colon + 1));
  if (!wire::is_field_value(value)) {
    return std::unexpected(fmt::format("header: the value of {} has a control character", name));
  }
  if (!is_allowed_field(name)) {
    return std::unexpected(
        fmt::format("header: {} is not set for clients; take a name that begins with X-", name));
  }
  std::string line;
  const bool is_type = equals_ignoring_case(name, "Content-Type");
  wire::append_field(line, name, is_type ? wire::safe_content_type(value) : value);
  return line;
}

}  // namespace echod
