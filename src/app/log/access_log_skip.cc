#include "app/log/access_log_skip.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "wire/http/syntax.h"
#include "wire/http/target.h"

namespace echod {
namespace {

constexpr std::string_view kStatusPrefix = "status=";

// Removes the first word of `text` and the spaces before it, and returns it; empty: there is none.
std::string_view next_word(std::string_view& text) {
  constexpr std::string_view kSpace = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kSpace));
  text.remove_prefix(word.size());
  return word;
}

// "200" or "2xx". False: it is neither.
bool read_status(std::string_view text, AccessLogSkip& skip) {
  if (text.size() != 3 || text[0] < '1' || text[0] > '5') return false;
  if (text.substr(1) == "xx") {
    skip.status_min = static_cast<uint16_t>((text[0] - '0') * 100);
    skip.status_max = static_cast<uint16_t>(skip.status_min + 99);
    return true;
  }
  const std::optional<uint64_t> status = wire::parse_decimal(text);
  if (!status) return false;
  skip.status_min = static_cast<uint16_t>(*status);
  skip.status_max = skip.status_min;
  return true;
}

bool matches(const AccessLogSkip& skip, std::string_view path, int status) {
  if (status < skip.status_min || status > skip.status_max) return false;
  return skip.is_prefix ? path.starts_with(skip.path) : skip.path.empty() || path == skip.path;
}

}  // namespace

std::expected<AccessLogSkip, std::string> parse_access_log_skip(std::string_view text) {
  const auto wrong = [text] {
    return std::unexpected(fmt::format(
        "'{}' is not /PATH, /PREFIX*, status=STATUS (200 or 2xx), or a path and a status", text));
  };
  AccessLogSkip skip;
  bool has_status = false;
  std::string_view left = text;
  for (std::string_view word = next_word(left); !word.empty(); word = next_word(left)) {
    if (word.starts_with(kStatusPrefix)) {
      word.remove_prefix(kStatusPrefix.size());
      if (has_status || !read_status(word, skip)) return wrong();
      has_status = true;
      continue;
    }
    if (!skip.path.empty() || !word.starts_with('/')) return wrong();
    skip.is_prefix = word.ends_with('*');
    if (skip.is_prefix) word.remove_suffix(1);
    if (word.find_first_of("*?#") != std::string_view::npos) return wrong();
    skip.path = word;
  }
  if (skip.path.empty() && !has_status) return wrong();
  return skip;
}

bool is_skipped(std::span<const AccessLogSkip> skips, const http::ExchangeFacts& facts) {
  if (skips.empty()) return false;
  const bool understood = !facts.request.target.empty();
  const std::string_view path =
      understood ? wire::split_target(facts.request.target).path : std::string_view();
  return std::ranges::any_of(
      skips, [&](const AccessLogSkip& skip) { return matches(skip, path, facts.status); });
}

}  // namespace echod
