// Where to listen and what to speak there, as given with --listen.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "protocol/protocol.h"

namespace echod {

struct ListenUrl {
  Protocol protocol = Protocol::kAuto;
  std::string host = "127.0.0.1";  // a name or an address, without brackets; "*": every address
  uint16_t port = 8080;            // 0: one the system picks

  friend bool operator==(const ListenUrl&, const ListenUrl&) = default;
};

// [auto://|tcp://|http://][HOST][:PORT]: without a scheme auto, without a host 127.0.0.1, without a
// port 8080. HOST is a name, an IPv4 address, an IPv6 address in brackets, or *. A number alone is
// a port. The error says in words what is wrong.
std::expected<ListenUrl, std::string> parse_listen_url(std::string_view text);

}  // namespace echod
