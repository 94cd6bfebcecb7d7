#include "protocol/response_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wire/http1.h"
#include "wire/http1_syntax.h"

namespace echod {
namespace {

using wire::equals_ignoring_case;

constexpr std::array<std::string_view, 45> kRefusedNames = {
    // How the message is framed, and what is between this server and the next hop (RFC 9110
    // section 7.6.1).
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Date",
    "HTTP2-Settings",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authentication-Info",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    // What a browser keeps, or does besides.
    "Accept-CH",
    "Alt-Svc",
    "Authentication-Info",
    "Clear-Site-Data",
    "Critical-CH",
    "Expect-CT",
    "Link",
    "Location",
    "NEL",
    "No-Vary-Search",
    "Refresh",
    "Report-To",
    "Reporting-Endpoints",
    "Service-Worker-Allowed",
    "Set-Cookie",
    "Set-Cookie2",
    "Set-Login",
    "SourceMap",
    "Speculation-Rules",
    "Strict-Transport-Security",
    "Supports-Loading-Mode",
    "WWW-Authenticate",
    "X-SourceMap",
    // What it lets the answer, or other sites with it, do.
    "Feature-Policy",
    "Observe-Browsing-Topics",
    "Referrer-Policy",
    "Timing-Allow-Origin",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-UA-Compatible",
    "X-XSS-Protection",
};

constexpr std::array<std::string_view, 21> kRefusedPrefixes = {
    "Access-Control-", "Activate-Storage-Access", "Attribution-Reporting-",
    "Content-Security-Policy", "Cross-Origin-", "Document-Policy", "Integrity-Policy",
    "Origin-Agent-Cluster", "Permissions-Policy", "Public-Key-Pins", wire::kControlPrefix,
    // Sessions bound to a device, WebSocket handshakes; dictionaries for later answers (RFC 9842).
    "Sec-", "Secure-Session-", "Use-As-Dictionary",
    // Commands to a proxy in front: to send a file of its own, or another server's answer.
    "X-Accel-", "X-LIGHTTPD-", "X-LiteSpeed-", "X-Proxy-", "X-Reproxy-", "X-Sendfile",
    "Surrogate-"};

}  // namespace

bool is_refused_field(std::string_view name) {
  return std::ranges::any_of(
             kRefusedNames,
             [=](std::string_view refused) { return equals_ignoring_case(name, refused); }) ||
         std::ranges::any_of(kRefusedPrefixes, [=](std::string_view prefix) {
           return equals_ignoring_case(name.substr(0, prefix.size()), prefix);
         });
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
  if (is_refused_field(name)) {
    return std::unexpected(fmt::format("header: {} is not set for clients", name));
  }
  std::string line;
  const bool is_type = equals_ignoring_case(name, "Content-Type");
  wire::append_field(line, name, is_type ? wire::safe_content_type(value) : value);
  return line;
}

}  // namespace echod
