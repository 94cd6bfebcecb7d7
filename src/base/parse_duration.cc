#include "base/parse_duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace echod {
namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};

constexpr std::array kUnits = {
    Unit{"ns", 1},  Unit{"us", 1e3},     Unit{"\xc2\xb5s", 1e3}, Unit{"ms", 1e6},
    Unit{"s", 1e9}, Unit{"m", 60 * 1e9}, Unit{"h", 3600 * 1e9},  Unit{"d", 24 * 3600 * 1e9},
};

constexpr double kYear = 365.0 * 24 * 3600 * 1e9;

bool continues_number(char c) { return (c >= '0' && c <= '9') || c == '.'; }

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  double sum = 0;
  bool first = true;
  do {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !(number >= 0)) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const auto unit_end = std::ranges::find_if(text, continues_number);
    const std::string_view name = text.substr(0, static_cast<size_t>(unit_end - text.begin()));
    text.remove_prefix(name.size());
    const auto unit = std::ranges::find(kUnits, name, &Unit::name);
    const bool bare = first && name.empty() && text.empty();
    if (unit == kUnits.end() && !bare) return std::nullopt;
    sum += number * (bare ? 1e9 : unit->nanoseconds);
    if (!(sum <= kYear)) return std::nullopt;
    first = false;
  } while (!text.empty());
  return Duration(std::llround(sum));  // 0.3us is less than 300 ns by a hair
}

}  // namespace echod
