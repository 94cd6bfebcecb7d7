#include "protocol/echo_client.h"

#include <fmt/format.h>

#include <algorithm>

namespace echod {

Result<void> EchoClient::check(std::span<const std::byte> bytes, const Pattern* pattern,
                               uint64_t offset, uint64_t left) {
  const auto wanted = static_cast<size_t>(std::min<uint64_t>(bytes.size(), left));
  if (pattern != nullptr) {
    if (auto at = pattern->first_mismatch(bytes.first(wanted), offset)) {
      return give_up(Detail::kCorruptData,
                     fmt::format("wrong byte at offset {}: received 0x{:02x}, expected 0x{:02x}",
                                 offset + *at, static_cast<unsigned>(bytes[*at]),
                                 static_cast<unsigned>(pattern->at(offset + *at))));
    }
  }
  if (wanted == bytes.size()) return {};
  return give_up(Detail::kCorruptData,
                 fmt::format("received {} byte(s) more than were sent, at offset {}",
                             bytes.size() - wanted, offset + wanted));
}

namespace {

// The protocol of a peer whose first bytes are these.
std::string_view protocol_of(std::string_view first) {
  constexpr std::string_view kTlsRecords = "\x15\x16";   // alert, handshake: RFC 8446 section 5.1
  constexpr std::string_view kHttp2Settings("\0\0", 2);  // a SETTINGS frame: RFC 9113 section 6.5
  if (first.size() >= 2 && kTlsRecords.contains(first[0]) && first[1] == '\x03') return "TLS";
  if (first.starts_with("HTTP/1.")) return "HTTP/1";
  if (first.starts_with("SSH-")) return "SSH";
  if (first.size() >= 9 && first.starts_with(kHttp2Settings) && first[3] == '\x04') return "HTTP/2";
  if (first.starts_with("GET ") || first.starts_with("POST ")) return "a raw echo of the request";
  if (first.starts_with("220 ")) return "SMTP or FTP";
  return "";
}

}  // namespace

std::string EchoClient::first_words() const {
  if (first_.empty()) return {};
  std::string shown;
  for (const char c : first_) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\'' && c != '\\') {
      shown += c;
    } else {
      shown += fmt::format("\\x{:02x}", byte);
    }
  }
  const std::string_view protocol = protocol_of(first_);
  return fmt::format("it sent '{}'{}{}", shown, first_.size() == kFirstSizeMax ? "..." : "",
                     protocol.empty() ? "" : fmt::format(", which looks like {}", protocol));
}

}  // namespace echod
