#include "http/response_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "http/content_type.h"
#include "http/environment.h"
#include "wire/http/credentials.h"
#include "wire/http/syntax.h"

namespace echod::http {
namespace {

using wire::equals_ignoring_case;

// Private names that no software acts on, and registered ones that concern only this response.
constexpr std::array kAllowedNames = std::to_array<std::string_view>({
    "Accept-Ranges",    "Age",          "Allow",         "Cache-Control",
    "Content-Language", "Content-Type", "ETag",          "Expires",
    "Last-Modified",    "Pragma",       "RateLimit",     "RateLimit-Policy",
    "Retry-After",      "Server",       "Server-Timing", "traceparent",
    "tracestate",       "Vary",         "Via",           "Warning",
    "X-Correlation-Id", "X-Request-Id", "X-Test",
});
constexpr std::array kAllowedPrefixes =
    std::to_array<std::string_view>({"X-Test-", kControlPrefix});

// Never allowed, whatever the operator's settings: framing and hop-by-hop fields (RFC 9110 section
// 7.6.1), and headers that the server sets itself.
constexpr std::array kRefusedNames = std::to_array<std::string_view>({
    "Connection",
    "Content-Length",
    "Date",
    "Keep-Alive",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "HTTP2-Settings",
    "X-Echo-Seed",
    "X-Echo-Draw",
    kEnvironmentField,
});
constexpr std::string_view kRefusedPrefix = "Proxy-";

// Trailers that are not echoed. Browsers and proxies interpret few trailers, so the meaningful ones
// are known.
constexpr std::array kKeptTrailers = std::to_array<std::string_view>({
    "Age",
    "Alt-Svc",
    "Cache-Control",
    "Clear-Site-Data",
    "Date",
    "Expires",
    "Link",
    "Location",
    "Pragma",
    "Refresh",
    "Retry-After",
    "Vary",
    "Via",
    "Warning",
    "Strict-Transport-Security",
});
constexpr std::array kKeptTrailerPrefixes = std::to_array<std::string_view>(
    {"Access-Control-", "Content-", "Cross-Origin-", "X-Accel-", "X-Envoy-", "X-Sendfile"});

bool begins_with(std::string_view name, std::string_view prefix) {
  return equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

bool is_among(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(
      names, [=](std::string_view other) { return equals_ignoring_case(name, other); });
}

bool fits(std::string_view name, std::string_view allowed) {
  if (!allowed.ends_with('*')) return equals_ignoring_case(name, allowed);
  return begins_with(name, allowed.substr(0, allowed.size() - 1));
}

}  // namespace

bool is_allowed_field(std::string_view name, const AllowedFields& allowed) {
  if (is_among(name, kRefusedNames) || begins_with(name, kRefusedPrefix)) return false;
  return is_among(name, kAllowedNames) ||
         std::ranges::any_of(kAllowedPrefixes,
                             [=](std::string_view prefix) { return begins_with(name, prefix); }) ||
         std::ranges::any_of(allowed, [=](const std::string& text) { return fits(name, text); });
}

bool is_allowable_field(std::string_view text) {
  if (text == "*") return true;
  if (text.ends_with('*')) text.remove_suffix(1);
  return wire::is_token(text);
}

bool is_echoed_trailer(std::string_view name) {
  return !is_among(name, kRefusedNames) && !begins_with(name, kRefusedPrefix) &&
         !is_among(name, kKeptTrailers) && !wire::is_credential_name(name) &&
         !begins_with(name, "WWW-Auth") &&
         std::ranges::none_of(kKeptTrailerPrefixes,
                              [=](std::string_view prefix) { return begins_with(name, prefix); });
}

wire::FieldBuffer echoed_trailers(wire::FieldList trailers) {
  wire::FieldBuffer echoed;
  for (const wire::Field& trailer : trailers) {
    if (is_echoed_trailer(trailer.name)) echoed.add(trailer.name, trailer.value());
  }
  return echoed;
}

wire::FieldBuffer echoed_fields(wire::FieldList fields) {
  std::string codings;
  std::string trailers;
  const auto append = [](std::string& list, std::string_view member) {
    list += list.empty() ? "" : ", ";
    list += member;
  };
  for (const wire::Field& line : fields) {
    const bool coding = equals_ignoring_case(line.name, "Content-Encoding");
    if (!coding && !equals_ignoring_case(line.name, "Trailer")) continue;
    std::string_view list = line.value();
    while (!list.empty()) {
      const std::string_view member = wire::trim(wire::consume_member(list));
      if (!wire::is_token(member)) continue;
      if (coding) append(codings, member);
      if (!coding && is_echoed_trailer(member)) append(trailers, member);
    }
  }
  wire::FieldBuffer echoed;
  if (!codings.empty()) echoed.add("Content-Encoding", codings);
  if (!trailers.empty()) echoed.add("Trailer", trailers);
  return echoed;
}

std::expected<RequestedField, std::string> any_field(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon == std::string_view::npos || !wire::is_token(name)) {
    return std::unexpected("header: expected Name:value");
  }
  const std::string_view value = wire::trim(text.substr(colon + 1));
  if (!wire::is_field_value(value)) {
    return std::unexpected(fmt::format("header: the value of {} has a control character", name));
  }
  if (is_among(name, kRefusedNames) || begins_with(name, kRefusedPrefix)) {
    return std::unexpected(
        fmt::format("header: {} is reserved for the server and cannot be set", name));
  }
  return RequestedField{.name = std::string(name), .value = std::string(value)};
}

std::expected<RequestedField, std::string> requested_field(std::string_view text,
                                                           const AllowedFields& allowed) {
  std::expected<RequestedField, std::string> field = any_field(text);
  if (!field) return field;
  const std::string& name = field->name;
  if (!is_allowed_field(name, allowed)) {
    return std::unexpected(
        fmt::format("header: {} is not allowed; use X-Test, or a name that begins with X-Test- or "
                    "X-Echo-, or start the server with --allow-response-header {}",
                    name, name));
  }
  if (equals_ignoring_case(name, "Content-Type")) field->value = safe_content_type(field->value);
  return field;
}

}  // namespace echod::http
