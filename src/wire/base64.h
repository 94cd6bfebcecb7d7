// Bytes as base64 (RFC 4648), by libcrypto.
#pragma once

#include <string>
#include <string_view>

namespace echod::wire {

// With padding; "+" and "/" are among its digits.
std::string base64(std::string_view bytes);

// The same with "-" and "_" instead (section 5), which URLs leave alone.
std::string base64_url(std::string_view bytes);

}  // namespace echod::wire
