// All protocols in one table: their names in URLs, in the log and in TLS, and where they can be
// used. To add a protocol, add an enumerator and its row here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace echod {

enum class Protocol : uint8_t {
  kAuto,  // detect it; of a connection: not known yet
  kRaw,
  kHttp1,
  kWebSocket,
};

// Where a URL names a protocol.
enum class UrlUse : uint8_t {
  kListen,  // echod serve --listen
  kTarget,  // echod bench
};

struct ProtocolRow {
  Protocol protocol;
  std::string_view scheme;    // of URLs, without "://"
  std::string_view log_name;  // in logs
  std::string_view alpn;      // RFC 7301 section 6; empty: none is registered
  bool listens;               // valid for UrlUse::kListen
  bool is_target;             // valid for UrlUse::kTarget
  bool is_detected;           // detection may find it
  uint16_t port;              // default of a target URL; 0: the URL must have one
};

inline constexpr std::array<ProtocolRow, 4> kProtocols = {{
    {Protocol::kAuto, "auto", "none", "", true, false, false, 0},
    {Protocol::kRaw, "tcp", "raw", "", true, true, true, 0},
    {Protocol::kHttp1, "http", "http/1", "http/1.1", true, true, true, 80},
    {Protocol::kWebSocket, "ws", "websocket", "", false, true, false, 80},
}};

// The rows are in the order of the enumerators.
constexpr const ProtocolRow& row_of(Protocol protocol) {
  return kProtocols[static_cast<size_t>(protocol)];
}
static_assert([] {
  for (const ProtocolRow& row : kProtocols) {
    if (&row_of(row.protocol) != &row) return false;
  }
  return true;
}());

// The name in logs: "none", "raw", "http/1", "websocket".
constexpr std::string_view name_of(Protocol protocol) { return row_of(protocol).log_name; }

constexpr std::string_view scheme_of(Protocol protocol) { return row_of(protocol).scheme; }

// The protocol with this URL scheme, in any case; nothing if the scheme is not valid for `use`.
std::optional<Protocol> protocol_with_scheme(std::string_view scheme, UrlUse use);

// "auto://, tcp:// or http://": the valid schemes.
std::string schemes_for(UrlUse use);

}  // namespace echod
