#include "app/bench/report/utc_time.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace echod {

std::optional<double> parse_utc(std::string_view text) {
  // Where the digits of year, month, day, hour, minute and second are, and what follows them.
  struct Part {
    size_t begin, size;
    char after;
  };
  constexpr Part kParts[] = {{0, 4, '-'},  {5, 2, '-'},  {8, 2, 'T'},
                             {11, 2, ':'}, {14, 2, ':'}, {17, 2, 0}};
  unsigned numbers[6] = {};
  if (text.size() < 20 || !text.ends_with('Z')) return std::nullopt;
  for (size_t i = 0; i < 6; ++i) {
    const auto [begin, size, after] = kParts[i];
    const char* from = text.data() + begin;
    const auto [end, error] = std::from_chars(from, from + size, numbers[i]);
    if (error != std::errc() || end != from + size) return std::nullopt;
    if (after != 0 && *end != after) return std::nullopt;
  }
  double fraction = 0;
  if (text.size() > 20) {
    const char* from = text.data() + 19;
    const char* to = text.data() + text.size() - 1;
    const auto [end, error] = std::from_chars(from, to, fraction, std::chars_format::fixed);
    if (*from != '.' || error != std::errc() || end != to) return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(numbers[0])),
                                         std::chrono::month(numbers[1]),
                                         std::chrono::day(numbers[2])};
  if (!date.ok() || numbers[3] > 23 || numbers[4] > 59 || numbers[5] > 60) return std::nullopt;
  const auto day = std::chrono::sys_days(date).time_since_epoch().count();
  if (day < 0) return std::nullopt;
  const double seconds = 3600.0 * numbers[3] + 60.0 * numbers[4] + numbers[5];
  return static_cast<double>(day) * 86'400 + seconds + fraction;
}

std::string format_utc(double seconds_since_epoch) {
  constexpr double kEnd = 253'402'300'800;  // the year 10000
  if (!(seconds_since_epoch >= 0 && seconds_since_epoch < kEnd)) return "";
  const std::chrono::sys_seconds time{
      std::chrono::seconds(static_cast<int64_t>(seconds_since_epoch))};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace echod
