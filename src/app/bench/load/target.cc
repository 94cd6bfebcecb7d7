#include "app/bench/load/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "wire/http/syntax.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

std::expected<uint16_t, std::string> parse_port(std::string_view text) {
  uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return Failure(fmt::format("'{}' is not a port: give a number from 1 to 65535", text));
  }
  return port;
}

// Takes "SCHEME://" off the front.
std::expected<Protocol, std::string> take_scheme(std::string_view& rest) {
  const size_t end = rest.find("://");
  if (end == std::string_view::npos) return Protocol::kRaw;
  const std::string_view scheme = rest.substr(0, end);
  rest.remove_prefix(end + 3);
  const std::optional<Protocol> protocol = protocol_with_scheme(scheme, UrlUse::kTarget);
  if (protocol) return *protocol;
  return Failure(
      fmt::format("'{}' is not a protocol: use {}", scheme, schemes_for(UrlUse::kTarget)));
}

// Takes the path off the end of `rest`; "/" where there is none.
std::string take_path(std::string_view& rest) {
  const size_t begin = rest.find_first_of("/?#");
  if (begin == std::string_view::npos) return "/";
  std::string_view path = rest.substr(begin);
  rest = rest.substr(0, begin);
  path = path.substr(0, path.find('#'));  // a fragment is never sent
  return path.starts_with('/') ? std::string(path) : "/" + std::string(path);
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != 0x7f;
  });
}

// Bytes beyond ASCII as "%XX", as browsers and curl send them.
std::string percent_encoded(std::string_view path) {
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

// Whether `text` names an interface: RFC 6874's ZoneID without percent-encoding.
bool is_zone(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || std::string_view("-._~").contains(c);
  });
}

// The IPv6 address between brackets: "fe80::1", or with a zone "fe80::1%eth0", whose "%" RFC 6874
// writes as "%25". Nothing: it is not an address.
std::optional<std::string> bracketed_address(std::string_view text) {
  const size_t percent = std::min(text.find('%'), text.size());
  std::string address(text.substr(0, percent));
  if (!wire::is_host("[" + address + "]")) return std::nullopt;
  if (percent == text.size()) return address;
  std::string_view zone = text.substr(percent + 1);
  if (zone.starts_with("25") && zone.size() > 2) zone.remove_prefix(2);
  if (!is_zone(zone)) return std::nullopt;
  return address + "%" + std::string(zone);
}

}  // namespace

std::expected<BenchTarget, std::string> parse_bench_target(std::string_view url) {
  BenchTarget target;
  target.url = url;
  std::string_view rest = url;
  if (!is_visible(url)) return Failure(fmt::format("'{}' is not a URL", url));
  auto protocol = take_scheme(rest);
  if (!protocol) return Failure(protocol.error());
  target.protocol = *protocol;
  const std::string path = take_path(rest);
  const bool http = *protocol != Protocol::kRaw;
  if (http) target.path = percent_encoded(path);
  if (!http && path != "/") {
    return Failure(fmt::format(
        "'{}': a tcp:// URL has no path; for HTTP write http://, for WebSocket ws://", url));
  }
  if (rest.find('@') != std::string_view::npos) {
    return Failure(
        fmt::format("'{}': user information in URLs is not supported; for HTTP give --header "
                    "'Authorization: Basic ...'",
                    url));
  }
  std::string_view port;
  if (rest.starts_with('[')) {
    const size_t end = rest.find(']');
    std::optional<std::string> address;
    if (end != std::string_view::npos) {
      address = bracketed_address(rest.substr(1, end - 1));
      rest.remove_prefix(end + 1);
    }
    if (!address || (!rest.empty() && rest.front() != ':')) {
      return Failure(fmt::format("'{}': write an IPv6 address as [::1]:8080", url));
    }
    target.host = std::move(*address);
    port = rest.empty() ? rest : rest.substr(1);
  } else {
    const size_t colon = std::min(rest.find(':'), rest.size());
    target.host = rest.substr(0, colon);
    port = rest.substr(std::min(colon + 1, rest.size()));
    if (port.find(':') != std::string_view::npos) {
      return Failure(fmt::format("'{}': write an IPv6 address as [::1]:8080", url));
    }
  }
  if (target.host.empty()) {
    return Failure(fmt::format("'{}' names no host: write tcp://HOST:PORT or http://HOST", url));
  }
  if (target.host.find_first_of("[]") != std::string::npos) {
    return Failure(fmt::format("'{}': '{}' is neither a name nor an address", url, target.host));
  }
  if (port.empty() && row_of(*protocol).port == 0) {
    return Failure(fmt::format("'{}' has no port: write tcp://HOST:PORT", url));
  }
  target.port = row_of(*protocol).port;
  if (port.empty()) return target;
  auto number = parse_port(port);
  if (!number) return Failure(number.error());
  target.port = *number;
  return target;
}

}  // namespace echod
