// Points in time in reports: RFC 3339 in UTC, "2026-01-02T03:04:05Z".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace echod {

// Seconds since 1970. Accepts what format_utc() writes, also with a fraction of a second; nothing
// for anything else.
std::optional<double> parse_utc(std::string_view text);

// To the second; empty outside the years 1970 to 9999.
std::string format_utc(double seconds_since_epoch);

}  // namespace echod
