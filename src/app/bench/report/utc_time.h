// Points in time as reports state them: RFC 3339 in UTC, "2026-01-02T03:04:05Z".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace echod {

// Seconds since 1970. Nothing for anything that format_utc() does not write, but for a fraction of
// a second, which is taken.
std::optional<double> parse_utc(std::string_view text);

// To the second; empty for what is no point in time between the years 1970 and 9999.
std::string format_utc(double seconds_since_epoch);

}  // namespace echod
