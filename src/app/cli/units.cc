#include "app/cli/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace echod {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// In lower case, since case is ignored.
constexpr std::array kSizeUnits = {
    Unit{"", 1},
    Unit{"b", 1},
    Unit{"kib", uint64_t{1} << 10},
    Unit{"k", uint64_t{1} << 10},
    Unit{"mib", uint64_t{1} << 20},
    Unit{"m", uint64_t{1} << 20},
    Unit{"gib", uint64_t{1} << 30},
    Unit{"g", uint64_t{1} << 30},
    Unit{"tib", uint64_t{1} << 40},
    Unit{"t", uint64_t{1} << 40},
    Unit{"kb", 1'000},
    Unit{"mb", 1'000'000},
    Unit{"gb", 1'000'000'000},
    Unit{"tb", 1'000'000'000'000},
};

std::optional<uint64_t> size_factor_of(std::string_view name) {
  const auto is_same = [](char typed, char small) {
    return (typed >= 'A' && typed <= 'Z' ? typed - 'A' + 'a' : typed) == small;
  };
  for (const Unit& unit : kSizeUnits) {
    if (std::ranges::equal(name, unit.name, is_same)) return unit.factor;
  }
  return std::nullopt;
}

// `number` divided by ten to the power of `digits`: "1.5" for 1500 and 3. Never with an exponent,
// and with all significant digits, so that the output is valid input.
std::string decimal(int64_t number, int digits) {
  const std::string all = fmt::format("{:0{}}", number, digits + 1);
  const size_t point = all.size() - static_cast<size_t>(digits);
  std::string text = fmt::format("{}.{}", all.substr(0, point), all.substr(point));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

std::optional<uint64_t> parse_size(std::string_view text) {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  std::optional<uint64_t> factor = size_factor_of(unit);
  if (!factor || number > kMax / *factor) return std::nullopt;
  return number * *factor;
}

std::string format_duration(Duration duration) {
  int64_t nanoseconds = duration.count();
  for (auto [name, factor] : {Unit{"h", 3'600'000'000'000ull}, Unit{"m", 60'000'000'000ull}}) {
    auto unit = static_cast<int64_t>(factor);
    if (nanoseconds >= unit && nanoseconds % unit == 0) {
      return fmt::format("{}{}", nanoseconds / unit, name);
    }
  }
  if (nanoseconds >= 1'000'000'000) return decimal(nanoseconds, 9) + "s";
  if (nanoseconds > 0 && nanoseconds < 1'000'000) return decimal(nanoseconds, 3) + "us";
  return decimal(nanoseconds, 6) + "ms";
}

std::string format_size(uint64_t bytes) {
  for (auto [name, factor] : {Unit{"TiB", uint64_t{1} << 40}, Unit{"GiB", uint64_t{1} << 30},
                              Unit{"MiB", uint64_t{1} << 20}, Unit{"KiB", uint64_t{1} << 10}}) {
    if (bytes >= factor && bytes % factor == 0) return fmt::format("{}{}", bytes / factor, name);
  }
  return fmt::format("{}", bytes);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace echod
