// Digests of bytes, and how text writes them: what WebSocket's handshake and a Content-Security-
// Policy are made of. The one place that knows libcrypto.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace echod::wire {

// The 20 bytes of SHA-1. kNoMemory where libcrypto cannot compute it; so for all of them.
Result<std::string> sha1(std::string_view bytes);

// The 32 bytes of SHA-256.
Result<std::string> sha256(std::string_view bytes);

// RFC 4648 section 4, with its padding. At most 1 MiB of bytes.
std::string to_base64(std::string_view bytes);

// The same with "-" and "_" for "+" and "/" (section 5), which URLs leave alone.
std::string to_base64_url(std::string_view bytes);

}  // namespace echod::wire
