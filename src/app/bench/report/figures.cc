#include "app/bench/report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace echod {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

// Digits behind the point so that there are three in all.
int decimals_of(double value) {
  if (value < 9.995) return 2;
  return value < 99.95 ? 1 : 0;
}

// `units` from small to large; whole numbers of the smallest.
std::string scaled(double value, std::span<const Unit> units) {
  if (!(value > 0)) return fmt::format("0 {}", units[0].name);
  const Unit* unit = &units[0];
  for (const Unit& larger : units.subspan(1)) {
    // 999.6 of a unit would be shown as 1000.
    if (value / unit->factor >= 999.5) unit = &larger;
  }
  const double in_unit = value / unit->factor;
  const bool whole = unit == &units[0] && in_unit == std::floor(in_unit);
  return fmt::format("{:.{}f} {}", in_unit, whole ? 0 : decimals_of(in_unit), unit->name);
}

struct Share {
  uint64_t size = 0;
  uint64_t weight = 0;
};

// "64:9,1024:1"; nothing where it is not of that form, which then is shown as it is.
std::optional<std::vector<Share>> parse_sizes(std::string_view text) {
  std::vector<Share> shares;
  while (true) {
    const std::string_view part = text.substr(0, text.find(','));
    Share share;
    const char* begin = part.data();
    const char* end = begin + part.size();
    const auto size = std::from_chars(begin, end, share.size);
    if (size.ec != std::errc() || size.ptr == end || *size.ptr != ':') return std::nullopt;
    const auto weight = std::from_chars(size.ptr + 1, end, share.weight);
    if (weight.ec != std::errc() || weight.ptr != end) return std::nullopt;
    shares.push_back(share);
    if (part.size() == text.size()) return shares;
    text.remove_prefix(part.size() + 1);
  }
}

}  // namespace

std::string format_latency(double nanoseconds) {
  constexpr Unit kUnits[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  return scaled(nanoseconds, kUnits);
}

std::string format_bytes(double bytes) {
  constexpr Unit kUnits[] = {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};
  return scaled(bytes, kUnits);
}

std::string format_rate(double per_second) {
  if (!(per_second > 0)) return "0";
  if (per_second < 999.5) return fmt::format("{:.{}f}", per_second, decimals_of(per_second));
  return format_count(static_cast<uint64_t>(std::llround(std::min(per_second, 1e18))));
}

std::string format_count(uint64_t count) {
  const std::string digits = fmt::format("{}", count);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string format_share(double share) {
  const double percent = share * 100;
  if (!(percent > 0)) return "0 %";
  if (percent < 0.995) return fmt::format("{:.2g} %", percent);
  return fmt::format("{:.{}f} %", percent,
                     percent < 9.95 || (percent > 99 && percent < 100) ? 1 : 0);
}

std::string format_sizes(const std::string& sizes) {
  const std::optional<std::vector<Share>> shares = parse_sizes(sizes);
  if (!shares) return sizes + " bytes";
  uint64_t all = 0;
  for (const Share& share : *shares) all += share.weight;
  std::string text;
  for (const Share& share : *shares) {
    text += fmt::format("{}{} ({} in {})", text.empty() ? "" : ", ", share.size, share.weight, all);
  }
  return text + " bytes";
}

std::string format_plural(uint64_t count, const char* noun) {
  return fmt::format("{} {}{}", format_count(count), noun, count == 1 ? "" : "s");
}

}  // namespace echod
