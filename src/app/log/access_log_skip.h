// Which requests the access log leaves out (--access-log-skip): the probes of a load balancer, for
// example, which say nothing and would fill it.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "http/observer.h"

namespace echod {

inline constexpr size_t kAccessLogSkipsMax = 64;  // patterns, each compared for each request

// A pattern: requests for a path, responses with a status, or both.
struct AccessLogSkip {
  std::string path;        // begins with "/"; empty: any, also of a request that was not understood
  bool is_prefix = false;  // `path` is the begin of one
  uint16_t status_min = 0;
  uint16_t status_max = UINT16_MAX;

  bool operator==(const AccessLogSkip&) const = default;
};

// Reads PATH, status=STATUS, or both with a space between, in either order. PATH is "/healthz", or
// "/health*" for every path that begins so. STATUS is "200", or "2xx" for 200 to 299. The error is
// a line for people.
std::expected<AccessLogSkip, std::string> parse_access_log_skip(std::string_view text);

// Whether one of `skips` matches. Paths are compared as they were received: with case, before any
// decoding, without the query.
bool is_skipped(std::span<const AccessLogSkip> skips, const http::ExchangeFacts& facts);

}  // namespace echod
