#include "app/cli/listen_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "wire/http/syntax.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

Failure bad_port(std::string_view port) {
  return Failure(fmt::format("'{}' is not a port: give a number from 0 to 65535", port));
}

// Removes the scheme from the front of `rest`.
std::expected<Protocol, std::string> take_scheme(std::string_view& rest) {
  const size_t end = rest.find("://");
  if (end == std::string_view::npos) return Protocol::kAuto;
  const std::string_view scheme = rest.substr(0, end);
  const std::optional<Protocol> protocol = protocol_with_scheme(scheme, UrlUse::kListen);
  if (!protocol) {
    return Failure(
        fmt::format("'{}' is not a protocol: use {}", scheme, schemes_for(UrlUse::kListen)));
  }
  rest.remove_prefix(end + 3);
  return *protocol;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::expected<ListenUrl, std::string> parse_listen_url(std::string_view text) {
  ListenUrl url;
  if (text.empty()) return Failure("it is empty; write HOST:PORT");
  std::string_view rest = text;
  std::expected<Protocol, std::string> protocol = take_scheme(rest);
  if (!protocol) return Failure(protocol.error());
  url.protocol = *protocol;
  if (rest.ends_with('/')) rest.remove_suffix(1);

  std::string_view host = rest;
  std::string_view port;
  bool has_port = false;
  if (rest.starts_with('[')) {
    size_t end = rest.find(']');
    bool closed = end != std::string_view::npos;
    bool ends_well = closed && (end + 1 == rest.size() || rest[end + 1] == ':');
    if (!ends_well) return Failure(fmt::format("'{}': write an IPv6 address as [::1]:8080", text));
    host = rest.substr(1, end - 1);
    has_port = end + 1 < rest.size();
    if (has_port) port = rest.substr(end + 2);
    if (host.empty()) return Failure(fmt::format("'{}': no address in the brackets", text));
  } else if (is_number(rest)) {
    host = {};
    port = rest;
    has_port = true;
  } else if (size_t colon = rest.find(':'); colon != std::string_view::npos) {
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
    has_port = true;
    if (port.find(':') != std::string_view::npos) {
      return Failure(fmt::format("'{}': write an IPv6 address as [::1]:8080", text));
    }
    if (host.empty()) host = "*";  // ":8080", as in nginx, Go and others
  }
  if (host.find_first_of("[]/") != std::string_view::npos) {
    return Failure(fmt::format("'{}' is neither a name nor an address", host));
  }
  if (has_port) {
    std::optional<uint16_t> number = parse_port(port);
    if (!number) return bad_port(port);
    url.port = *number;
  }
  if (!host.empty()) url.host = host;
  return url;
}

std::string format_listen_url(const ListenUrl& url) {
  const bool brackets = url.host.contains(':');
  return fmt::format("{}://{}{}{}:{}", scheme_of(url.protocol), brackets ? "[" : "", url.host,
                     brackets ? "]" : "", url.port);
}

}  // namespace echod
