// Durations as people type them, on a command line and in a request's query.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace echod {

// "300ns", "500us" (also "500µs"), "250ms", "10s", "5m", "2h", with a fraction where wanted
// ("1.5s"), several one after another ("1m30s"), and a number alone in seconds: what Go's
// time.ParseDuration reads, and that. Nothing for anything else, for negative numbers and for more
// than a year.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace echod
