// Message digests and their base64 form, for WebSocket's handshake and for a
// Content-Security-Policy. The only user of libcrypto.
#pragma once

#include <string>
#include <string_view>

namespace echod::wire {

// The 20 bytes of SHA-1.
std::string sha1(std::string_view bytes);

// The 32 bytes of SHA-256.
std::string sha256(std::string_view bytes);

// RFC 4648 section 4, with its padding.
std::string to_base64(std::string_view bytes);

// The URL-safe alphabet: "-" and "_" instead of "+" and "/" (section 5).
std::string to_base64_url(std::string_view bytes);

}  // namespace echod::wire
