#include "http/control_syntax.h"

#include <charconv>

#include "base/parse_duration.h"

namespace echod::http {
namespace {

// " (--max-duration)"; nothing without an option.
std::string naming(std::string_view option) {
  return option.empty() ? "" : fmt::format(" ({})", option);
}

}  // namespace

std::optional<double> read_percentage(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !(value >= 0 && value <= 100)) return std::nullopt;
  return value;
}

Read<double> read_chance(std::string_view name, std::string_view text) {
  if (wire::equals_ignoring_case(text, "true")) return 100;
  if (wire::equals_ignoring_case(text, "false")) return 0;
  const std::optional<double> percentage = read_percentage(text);
  if (!percentage) {
    return std::unexpected(fmt::format("{}: expected true, false or a percentage", name));
  }
  return *percentage;
}

Read<Duration> read_duration(std::string_view name, std::string_view text,
                             const ValueLimits& limits) {
  const std::optional<Duration> duration = parse_duration(text);
  if (!duration) {
    return std::unexpected(
        fmt::format("{}: expected a duration, such as 150us, 2ms or 0.5s", name));
  }
  if (*duration > limits.duration_max) {
    const std::chrono::duration<double> longest = limits.duration_max;
    return std::unexpected(
        fmt::format("{}: limit is {} s{}", name, longest.count(), naming(limits.duration_option)));
  }
  return *duration;
}

Read<uint64_t> read_size(std::string_view name, std::string_view text, const ValueLimits& limits) {
  uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  const bool whole = end == text.data() + text.size();
  const bool too_large = error == std::errc::result_out_of_range || size > limits.size_max;
  if (!whole || (error != std::errc() && !too_large)) {
    return std::unexpected(fmt::format("{}: expected a number of bytes", name));
  }
  if (too_large) {
    return std::unexpected(
        fmt::format("{}: limit is {} bytes{}", name, limits.size_max, naming(limits.size_option)));
  }
  return size;
}

Read<int> read_status(std::string_view name, std::string_view text) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || status < 200 || status > 599) {
    return std::unexpected(fmt::format("{}: expected a status from 200 to 599", name));
  }
  return status;
}

}  // namespace echod::http
