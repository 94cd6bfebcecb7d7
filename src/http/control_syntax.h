// The values of response control, in the syntax of fortio's echo server. The query, the X-Echo-
// headers and the operator's defaults are read by these functions, so they cannot differ.
//
// Errors are messages for people that begin with `name`: "status: expected a status from 200 to
// 599".
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "wire/http/syntax.h"

namespace echod::http {

template <typename T>
using Read = std::expected<T, std::string>;

// A value, and in which percentage of the responses it applies.
template <typename T>
struct Share {
  T value;
  double percentage = 100;
};

// "503:20,404:10.5": at most one of the values applies to a response. The percentages add up to at
// most 100.
template <typename T>
using Shares = std::vector<Share<T>>;

// Whether choosing among `shares` needs a random number.
template <typename T>
bool is_random(const Shares<T>& shares) {
  return !shares.empty() && shares.front().percentage < 100;
}

// One of the values, or none. `drawn`: a random number in [0, 1); ignored unless is_random().
template <typename T>
std::optional<T> choose(const Shares<T>& shares, double drawn) {
  if (shares.empty()) return std::nullopt;
  if (!is_random(shares)) return shares.front().value;
  drawn *= 100;
  for (const Share<T>& share : shares) {
    if (drawn < share.percentage) return share.value;
    drawn -= share.percentage;
  }
  return std::nullopt;
}

// "20", "10.5" and "5%", from 0 to 100. Nothing: something else.
std::optional<double> read_percentage(std::string_view text);

// true, false or a percentage, as a percentage.
Read<double> read_chance(std::string_view name, std::string_view text);

// The limits of values that have one.
struct ValueLimits {
  Duration duration_max = {};
  std::string_view duration_option = {};  // which option sets it, for the error; empty: none
  uint64_t size_max = 0;                  // bytes
  std::string_view size_option = {};
};

// 200 to 599.
Read<int> read_status(std::string_view name, std::string_view text);
Read<Duration> read_duration(std::string_view name, std::string_view text,
                             const ValueLimits& limits);
Read<uint64_t> read_size(std::string_view name, std::string_view text, const ValueLimits& limits);

// "A:20,B:10.5,C", each value read by `read`. One without a percentage gets the rest of 100 %.
template <typename T, typename Reader>
Read<Shares<T>> read_shares(std::string_view name, std::string_view text, Reader read) {
  Shares<T> shares;
  double left = 100;
  while (!text.empty()) {
    const std::string_view member = wire::trim(wire::consume_member(text));
    const size_t colon = std::min(member.find(':'), member.size());
    const Read<T> value = read(name, member.substr(0, colon));
    if (!value) return std::unexpected(value.error());
    double percentage = left;
    if (colon < member.size()) {
      const std::optional<double> given = read_percentage(member.substr(colon + 1));
      if (!given) {
        return std::unexpected(fmt::format("{}: expected a percentage from 0 to 100", name));
      }
      percentage = *given;
    }
    constexpr double kRounding = 1e-9;
    if (percentage > left + kRounding || (percentage == 0 && left == 0 && colon == member.size())) {
      return std::unexpected(fmt::format("{}: the percentages add up to more than 100", name));
    }
    left -= percentage;
    shares.push_back({*value, percentage});
  }
  if (shares.empty()) return std::unexpected(fmt::format("{}: the value is missing", name));
  return shares;
}

}  // namespace echod::http
