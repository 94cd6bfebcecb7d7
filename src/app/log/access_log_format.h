// How a line of the access log looks in each format. docs/access-log.md shows them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/environment.h"
#include "http/observer.h"

namespace echod {

enum class AccessLogFormat : uint8_t {
  kText,      // for people, like the log: the only words of the client are those of its request
  kJson,      // an object for each line
  kCombined,  // the "combined" format of Apache and nginx, for programs that read their logs
};

// Size limits of each field in bytes as received, after redaction; a cut-off end becomes "...".
// With everything escaped a line stays below kAccessLineSizeMax.
inline constexpr size_t kLoggedMethodSizeMax = 32;
inline constexpr size_t kLoggedTargetSizeMax = 1024;
inline constexpr size_t kLoggedRefererSizeMax = 512;
inline constexpr size_t kLoggedUserAgentSizeMax = 256;
inline constexpr size_t kAccessLineSizeMax = 16'384;

// The variables that are shown to clients, as far as the response field has room for them
// (http::ShownEnvironment::list()), once for all lines. Empty texts: none.
struct LoggedEnvironment {
  LoggedEnvironment() = default;
  explicit LoggedEnvironment(const http::ShownEnvironment& environment);

  std::string text;  // "POD_NAME=web-1, NODE_NAME=node-a"
  std::string json;  // an object, in ASCII
};

struct AccessRecord {
  const http::ExchangeFacts& facts;
  std::string_view peer;    // as Endpoint::to_string() writes it; empty: unknown
  uint64_t connection = 0;  // its number, from 1
  uint64_t request = 0;     // the request's number on it, from 1
  std::chrono::system_clock::time_point time;
  std::string_view request_id = {};                // see app/log/request_id.h; empty: unknown
  const LoggedEnvironment* environment = nullptr;  // null: none
};

// The line, without its line end. Referer, User-Agent and a valid traceparent are the only headers
// read here, so Cookie and Authorization are never logged; the target and the Referer are redacted
// (app/log/redaction.h). For any input it is one line of printable characters: ASCII in JSON and
// combined, UTF-8 in text.
std::string format_access(AccessLogFormat format, const AccessRecord& record);

}  // namespace echod
