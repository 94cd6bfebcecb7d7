// A listen address and its protocol, as given with --listen.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "protocol/protocol.h"

namespace echod {

struct ListenUrl {
  Protocol protocol = Protocol::kAuto;
  std::string host = "127.0.0.1";  // a name or an address, without brackets; "*": all addresses
  uint16_t port = 8080;            // 0: the system picks one

  friend bool operator==(const ListenUrl&, const ListenUrl&) = default;
};

// [auto://|tcp://|http://][HOST][:PORT]: the defaults are auto, 127.0.0.1 and 8080. HOST is a name,
// an IPv4 address, an IPv6 address in brackets, or *. A number alone is a port. The error text says
// what is wrong.
std::expected<ListenUrl, std::string> parse_listen_url(std::string_view text);

// "auto://127.0.0.1:8080"
std::string format_listen_url(const ListenUrl& url);

}  // namespace echod
