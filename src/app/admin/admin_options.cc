#include "app/admin/admin_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/cli/listen_url.h"
#include "net/resolver.h"
#include "net/unix_socket.h"
#include "wire/http/syntax.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

std::expected<AdminAddress, std::string> parse_unix_path(std::string_view path) {
  if (path.starts_with("//")) path.remove_prefix(2);  // unix:///run/echod.sock
  if (!path.starts_with('/')) return Failure("write a Unix socket as unix:/PATH");
  if (path.size() > kUnixPathSizeMax) {
    return Failure(fmt::format("the path of a Unix socket has at most {} bytes", kUnixPathSizeMax));
  }
  AdminAddress address;
  address.path = path;
  return address;
}

Problem check_host(const std::string& text) {
  const bool has_port = text.contains(':') && !text.starts_with('[');
  if (wire::is_host(text) && !has_port) return std::nullopt;
  return fmt::format("'{}' is not a host name (without a port)", text);
}

// Whether `host` is an address, or "*", so that no resolver need be asked.
bool is_numeric(std::string_view host) {
  return host.contains(':') || host.find_first_not_of("0123456789.*") == std::string_view::npos;
}

// A name is resolved when the server starts (AdminServer).
Problem check_reach(const AdminOptions& options) {
  if (options.allow_remote) return std::nullopt;
  for (const AdminAddress& address : options.listen) {
    if (address.is_unix() || !is_numeric(address.host)) continue;
    const Result<std::vector<Endpoint>> endpoints = resolve(address.host, address.port);
    if (!endpoints || std::ranges::all_of(*endpoints, &Endpoint::is_loopback)) continue;
    return fmt::format("{}: {}", address.to_string(), kAdminReachAdvice);
  }
  return std::nullopt;
}

}  // namespace

std::string AdminAddress::to_string() const {
  if (is_unix()) return "unix:" + path;
  const bool brackets = host.contains(':');
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "", port);
}

std::expected<AdminAddress, std::string> parse_admin_address(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) return parse_unix_path(text.substr(kUnix.size()));
  if (text.contains("://")) {
    return Failure(fmt::format("'{}': write HOST:PORT, a port, or unix:/PATH", text));
  }
  // A port of its own: the default of --listen is that of the echo.
  const std::expected<ListenUrl, std::string> url = parse_listen_url(text);
  if (!url) return Failure(url.error());
  const bool is_port = text.find_first_not_of("0123456789") == std::string_view::npos;
  const std::string_view after_brackets = text.substr(text.find(']') + 1);  // npos + 1 is 0
  if (!is_port && !after_brackets.contains(':')) {
    return Failure(fmt::format("'{}' has no port: write HOST:PORT", text));
  }
  return AdminAddress{.host = url->host, .port = url->port, .path = {}};
}

std::vector<Option> admin_rows(AdminOptions& o) {
  return {
      {.name = "admin",
       .value =
           as_list<AdminAddress>(o.listen, "LISTEN", {},
                                 [](const std::string& text) { return parse_admin_address(text); }),
       .help = "Admin interface: HOST:PORT, a port on 127.0.0.1, or unix:/PATH",
       .details = "Probes, metrics, the configuration and the open connections, over HTTP on a "
                  "thread of its own; see docs/admin.md. A Unix socket gets mode 0660.",
       .default_note = "none",
       .example = "127.0.0.1:9090",
       .check = [&o] { return check_reach(o); }},
      {.name = "admin-allow-remote",
       .value = as_choice<bool>(o.allow_remote, {{"on", true}, {"off", false}}),
       .help = "Let --admin listen on addresses that others can reach",
       .details = "They serve only probes, the version and metrics, without authentication; keep "
                  "them behind a firewall or a NetworkPolicy."},
      {.name = "admin-host",
       .value = as_texts(o.hosts, "NAME", check_host),
       .help = "Name by which clients may call the admin interface",
       .details = "A request with another name in Host is refused with 403, so that a web page "
                  "cannot reach the admin interface by DNS rebinding. localhost and addresses are "
                  "always allowed.",
       .default_note = "none",
       .example = "echod.internal"},
      {.name = "health-endpoints",
       .value = as_choice<bool>(o.health_endpoints, {{"on", true}, {"off", false}}),
       .help = "HTTP: /livez and /readyz on the echo's own listeners too",
       .details =
           "/readyz is 503 from SIGTERM on, while the server still accepts for --drain-delay. "
           "/healthz is always there.",
       .reloadable = true},
  };
}

}  // namespace echod
