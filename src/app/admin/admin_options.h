// The operator's options for the admin interface, and the addresses that it listens on.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/option.h"

namespace echod {

// Where the admin interface listens: a TCP port, or a Unix socket.
struct AdminAddress {
  std::string host = "127.0.0.1";  // a name or an address, without brackets; "*": all addresses
  uint16_t port = 0;               // 0: the system picks one
  std::string path;                // of a Unix socket; empty: TCP

  bool is_unix() const { return !path.empty(); }

  // "unix:/run/echod.sock", "[::1]:9090"
  std::string to_string() const;

  friend bool operator==(const AdminAddress&, const AdminAddress&) = default;
};

// HOST:PORT, a port alone (on 127.0.0.1), or unix:/PATH. The error text says what is wrong.
std::expected<AdminAddress, std::string> parse_admin_address(std::string_view text);

// What is wrong with an address that is not loopback, and what to do.
inline constexpr std::string_view kAdminReachAdvice =
    "others could reach it; use a loopback address or unix:/PATH, or allow it (probes, version and "
    "metrics alone) with --admin-allow-remote on";

struct AdminOptions {
  std::vector<AdminAddress> listen;  // empty: there is no admin interface

  // Allows addresses that are not loopback. They serve only what a probe and a scraper need, see
  // Reach in routes.h.
  bool allow_remote = false;

  // Names by which clients may call the admin interface in Host, besides localhost and addresses:
  // see is_allowed_host().
  std::vector<std::string> hosts;

  // /livez and /readyz on the echo's own listeners.
  bool health_endpoints = false;
};

// Its rows in the table of `echod serve`. `options` must outlive them.
std::vector<Option> admin_rows(AdminOptions& options);

}  // namespace echod
