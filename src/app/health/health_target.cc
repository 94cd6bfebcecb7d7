#include "app/health/health_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/bench/load/target.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

std::string bracketed(const std::string& host) {
  return host.contains(':') ? "[" + host + "]" : host;
}

HealthTarget of_unix(std::string_view path) {
  HealthTarget target;
  target.url = fmt::format("unix:{}", path);
  target.host = "localhost";
  target.unix_path = path;
  return target;
}

// Where a client reaches a listener on `host`.
std::string reachable(const std::string& host) {
  if (host == "*" || host == "0.0.0.0") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

std::expected<HealthTarget, std::string> of_port(Protocol protocol, const std::string& host,
                                                 uint16_t port) {
  if (port == 0) return Failure("the settings let the system pick a port; give a URL");
  HealthTarget target;
  target.protocol = protocol;
  target.host = reachable(host);
  target.port = port;
  const bool is_http = protocol == Protocol::kHttp1;
  target.url = fmt::format("{}://{}:{}{}", scheme_of(protocol), bracketed(target.host), port,
                           is_http ? kHealthPath : "");
  return target;
}

}  // namespace

std::expected<HealthTarget, std::string> parse_health_target(std::string_view url) {
  if (url.starts_with("unix:")) {
    const std::expected<AdminAddress, std::string> address = parse_admin_address(url);
    if (!address) return Failure(address.error());
    return of_unix(address->path);
  }
  const bool is_port = url.find_first_not_of("0123456789") == std::string_view::npos;
  std::string whole(url);
  if (is_port) whole = "127.0.0.1:" + whole;
  if (!whole.contains("://")) whole = "http://" + whole;
  const std::expected<BenchTarget, std::string> parsed = parse_bench_target(whole);
  if (!parsed) return Failure(parsed.error());
  if (parsed->protocol == Protocol::kWebSocket) {
    return Failure(fmt::format("'{}': write http://, tcp:// or unix:", url));
  }
  std::expected<HealthTarget, std::string> target =
      of_port(parsed->protocol, parsed->host, parsed->port);
  if (target && parsed->protocol == Protocol::kHttp1 && parsed->path != "/") {
    target->url.resize(target->url.size() - kHealthPath.size());
    target->url += parsed->path;
    target->path = parsed->path;
  }
  return target;
}

std::expected<HealthTarget, std::string> health_target_of(const ServeOptions& options, bool admin) {
  if (!options.admin.listen.empty()) {
    const AdminAddress& address = options.admin.listen.front();
    if (address.is_unix()) return of_unix(address.path);
    return of_port(Protocol::kHttp1, address.host, address.port);
  }
  if (admin) return Failure("the settings have no admin interface; set ECHOD_ADMIN or give a URL");
  const auto speaks_http = [](const ListenUrl& url) { return url.protocol != Protocol::kRaw; };
  const auto http = std::ranges::find_if(options.listen, speaks_http);
  if (http != options.listen.end()) return of_port(Protocol::kHttp1, http->host, http->port);
  const ListenUrl& raw = options.listen.front();
  return of_port(Protocol::kRaw, raw.host, raw.port);
}

}  // namespace echod
