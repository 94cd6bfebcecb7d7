// What `echod health` asks.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "app/cli/serve_options.h"
#include "protocol/protocol.h"

namespace echod {

// The default path of an HTTP check.
inline constexpr std::string_view kHealthPath = "/healthz";

struct HealthTarget {
  std::string url;  // for people
  Protocol protocol = Protocol::kHttp1;
  std::string host;  // a name or an address, without brackets
  uint16_t port = 0;
  std::string unix_path;          // instead of host and port; empty: none
  std::string path{kHealthPath};  // HTTP
};

// http://HOST[:PORT][/PATH], HOST:PORT[/PATH], tcp://HOST:PORT, a port on 127.0.0.1, unix:/PATH.
// The error is a line for people.
std::expected<HealthTarget, std::string> parse_health_target(std::string_view url);

// The server with these settings: its admin interface if it has one, else its first listener that
// speaks HTTP, else its first raw one. `admin`: only the admin interface. A wildcard address
// becomes the loopback address.
std::expected<HealthTarget, std::string> health_target_of(const ServeOptions& options, bool admin);

}  // namespace echod
