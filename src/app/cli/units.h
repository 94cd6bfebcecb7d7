// Durations, sizes and lists, as typed on a command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/parse_duration.h"

namespace echod {

// "4096", "64KiB" (also "64K"), "1MiB", "2GiB", "1TiB", and decimal "64kB", "1MB", "1GB", "1TB".
// Nothing for anything else, or for more than 2^63 - 1 bytes.
std::optional<uint64_t> parse_size(std::string_view text);

// The shortest of parse_duration's spellings: "5m", "1.5s", "20ms".
std::string format_duration(Duration duration);

// "64KiB" if it is a whole multiple of a binary unit, else the number of bytes.
std::string format_size(uint64_t bytes);

// The parts of `text` between separators, empty ones too: "a,,b" has three, "" has one.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace echod
