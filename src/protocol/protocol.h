// The protocols, in one table: how each is named in URLs, in the log and in TLS, and where it can
// be asked for. A new protocol is an enumerator and its row here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace echod {

enum class Protocol : uint8_t {
  kAuto,  // to be detected; of a connection: not known yet
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
  std::string_view log_name;  // as logs have it
  std::string_view alpn;      // RFC 7301 section 6; empty: none is registered
  bool listens;               // UrlUse::kListen knows it
  bool is_target;             // UrlUse::kTarget knows it
  bool is_detected;           // detection may find it
  uint16_t port;              // of a target whose URL has none; 0: it must have one
};

inline constexpr std::array<ProtocolRow, 4> kProtocols = {{
    {Protocol::kAuto, "auto", "none", "", true, false, false, 0},
    {Protocol::kRaw, "tcp", "raw", "", true, true, true, 0},
    {Protocol::kHttp1, "http", "http/1", "http/1.1", true, true, true, 80},
    {Protocol::kWebSocket, "ws", "websocket", "", false, true, false, 80},
}};

// The rows stand in the enumerators' order.
constexpr const ProtocolRow& row_of(Protocol protocol) {
  return kProtocols[static_cast<size_t>(protocol)];
}
static_assert([] {
  for (const ProtocolRow& row : kProtocols) {
    if (&row_of(row.protocol) != &row) return false;
  }
  return true;
}());

// As logs have it: "none", "raw", "http/1", "websocket".
constexpr std::string_view name_of(Protocol protocol) { return row_of(protocol).log_name; }

constexpr std::string_view scheme_of(Protocol protocol) { return row_of(protocol).scheme; }

// Whose scheme it is, in upper or lower case; nothing where URLs for `use` do not know it.
std::optional<Protocol> protocol_with_scheme(std::string_view scheme, UrlUse use);

// "auto://, tcp:// or http://": what there is to choose from.
std::string schemes_for(UrlUse use);

}  // namespace echod
