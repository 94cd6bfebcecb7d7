#include "app/cli/option.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "app/cli/units.h"

namespace echod {
namespace {

// `typed` in the case and spelling of `words`.
std::string usual_word(std::string_view typed, const std::vector<std::string>& words) {
  constexpr std::array kSpellings = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"warn", "warning"},
      {"err", "error"},
      {"io_uring", "uring"},
      {"io-uring", "uring"},
      {"true", "on"},
      {"yes", "on"},
      {"false", "off"},
      {"no", "off"},
  });
  std::string word(typed);
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (std::ranges::find(words, word) != words.end()) return word;
  for (const auto& [spelling, usual] : kSpellings) {
    if (word == spelling) return std::string(usual);
  }
  return word;
}

std::string in_capitals(std::string_view name) {
  std::string text(name);
  for (char& c : text) c = c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

OptionValue duration_value(std::optional<Duration> initial, DurationRange range,
                           std::function<void(std::optional<Duration>)> set) {
  OptionValue value{.type = ValueType::kDuration, .placeholder = "DURATION"};
  if (initial) {
    value.defaults = {*initial == Duration::zero() ? "0" : format_duration(*initial)};
  }
  if (range.at_least > Duration::zero()) {
    value.range = fmt::format("at least {}", format_duration(range.at_least));
  }
  value.read = [initial, range, set = std::move(set)](const std::string& text) -> Problem {
    const std::optional<Duration> duration = parse_duration(text);
    if (!duration) {
      return fmt::format("'{}' is not a duration; write 500ms, 10s, 5m or 1d", text);
    }
    if (*duration != Duration::zero()) {
      set(std::max(*duration, range.at_least));
    } else if (range.zero_is_default) {
      set(initial);
    } else {
      set(range.zero.value_or(range.at_least));
    }
    return std::nullopt;
  };
  return value;
}

// "500", "20k", "1.5M".
std::optional<double> parse_rate(std::string_view text) {
  double number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || !(number > 0)) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  if (unit == "k" || unit == "K") number *= 1e3;
  if (unit == "M") number *= 1e6;
  if (!unit.empty() && unit != "k" && unit != "K" && unit != "M") return std::nullopt;
  if (number < 0.001 || number > 1e9) return std::nullopt;
  return number;
}

std::optional<double> parse_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  double number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0)) {
    return std::nullopt;
  }
  if (percent) return number / 100;
  if (number > 1) return std::nullopt;  // 5 would be 500 %, but probably means 5 %
  return number;
}

}  // namespace

std::string variable_of(const Verb& verb, const Option& option) {
  const bool has_one = verb.section && !option.positional && !option.hidden && !option.built_in &&
                       !option.command_line_only;
  if (!has_one) return {};
  const std::string prefix = verb.section->empty() ? "" : in_capitals(*verb.section) + "_";
  return "ECHOD_" + prefix + in_capitals(option.name);
}

bool is_setting(const Verb& verb, const Option& option) {
  // A configuration file cannot name another one.
  return !variable_of(verb, option).empty() && option.name != "config";
}

OptionValue as_flag(bool& member) {
  OptionValue value{.type = ValueType::kFlag, .placeholder = {}, .choices = {"on", "off"}};
  value.defaults = {member ? "on" : "off"};
  value.read = [&member](const std::string& text) -> Problem {
    const std::string word = usual_word(text, {"on", "off"});
    if (word != "on" && word != "off") return fmt::format("'{}' is not one of on|off", text);
    member = word == "on";
    return std::nullopt;
  };
  return value;
}

OptionValue as_action(std::function<void()> action) {
  OptionValue value{.type = ValueType::kFlag, .placeholder = {}, .defaults = {"off"}};
  value.read = [action = std::move(action)](const std::string& text) -> Problem {
    if (usual_word(text, {"on"}) == "on") action();
    return std::nullopt;
  };
  return value;
}

OptionValue as_count_of(uint64_t min, uint64_t max, std::optional<uint64_t> initial,
                        std::function<void(uint64_t)> set) {
  OptionValue value{.type = ValueType::kCount, .placeholder = "N"};
  if (initial) value.defaults = {fmt::format("{}", *initial)};
  constexpr uint64_t kAny = INT64_MAX;  // larger than any valid value
  if (max < kAny) {
    value.range = fmt::format("{} to {}", min, max);
  } else if (min > 0) {
    value.range = fmt::format("at least {}", min);
  }
  value.read = [=, set = std::move(set)](const std::string& text) -> Problem {
    const std::optional<uint64_t> count = parse_size(text);
    if (!count || *count < min || *count > max) {
      return fmt::format("'{}' is not a number from {} to {}", text, min, max);
    }
    set(*count);
    return std::nullopt;
  };
  return value;
}

OptionValue as_size_of(SizeRange range, uint64_t initial, std::function<void(uint64_t)> set) {
  OptionValue value{.type = ValueType::kSize, .placeholder = "SIZE"};
  value.defaults = {format_size(initial == range.zero ? 0 : initial)};
  if (range.max < SizeRange().max) {
    value.range = fmt::format("{} to {}", format_size(range.min), format_size(range.max));
  }
  value.read = [range, set = std::move(set)](const std::string& text) -> Problem {
    const std::optional<uint64_t> size = parse_size(text);
    if (!size) return fmt::format("'{}' is not a size; write 4096, 64k or 1MiB", text);
    if ((*size != 0 && *size < range.min) || *size > range.max) {
      return fmt::format("{} is out of range; it may be from {} to {}", text,
                         format_size(range.min), format_size(range.max));
    }
    set(*size == 0 ? range.zero : *size);
    return std::nullopt;
  };
  return value;
}

OptionValue as_duration(Duration& member, DurationRange range) {
  return duration_value(member, range, [&member](std::optional<Duration> d) { member = *d; });
}

OptionValue as_duration(std::optional<Duration>& member, DurationRange range) {
  return duration_value(member, range, [&member](std::optional<Duration> d) { member = d; });
}

OptionValue as_rate(double& member) {
  OptionValue value{.type = ValueType::kRate, .placeholder = "RATE"};
  if (member > 0) value.defaults = {fmt::format("{}", member)};
  value.read = [&member](const std::string& text) -> Problem {
    const std::optional<double> rate = parse_rate(text);
    if (!rate) return fmt::format("'{}' is not a rate; write 500, 20k or 1.5M", text);
    member = *rate;
    return std::nullopt;
  };
  return value;
}

OptionValue as_share(double& member, double min, double max) {
  OptionValue value{.type = ValueType::kShare,
                    .placeholder = "SHARE",
                    .range = fmt::format("{:g}% to {:g}%", min * 100, max * 100),
                    .defaults = {fmt::format("{:g}%", member * 100)}};
  value.read = [&member, min, max](const std::string& text) -> Problem {
    const std::optional<double> share = parse_share(text);
    if (!share || *share < min || *share > max) {
      return fmt::format("'{}' is not a share from {:g}% to {:g}%", text, min * 100, max * 100);
    }
    member = *share;
    return std::nullopt;
  };
  return value;
}

OptionValue as_word(std::vector<std::string> words, std::optional<size_t> initial,
                    std::function<void(size_t)> set) {
  OptionValue value{.type = ValueType::kChoice, .placeholder = "WORD", .choices = words};
  if (initial) value.defaults = {words[*initial]};
  value.read = [words = std::move(words),
                set = std::move(set)](const std::string& text) -> Problem {
    const auto found = std::ranges::find(words, usual_word(text, words));
    if (found == words.end()) {
      return fmt::format("'{}' is not one of {}", text, fmt::join(words, "|"));
    }
    set(static_cast<size_t>(found - words.begin()));
    return std::nullopt;
  };
  return value;
}

OptionValue as_file(std::string& member) {
  OptionValue value{.type = ValueType::kFile, .placeholder = "FILE"};
  if (!member.empty()) value.defaults = {member};
  value.read = [&member](const std::string& text) -> Problem {
    if (text.empty()) return "give the name of a file";
    member = text;
    return std::nullopt;
  };
  return value;
}

OptionValue as_text(std::string_view placeholder, std::vector<std::string> defaults,
                    std::function<Problem(const std::string&)> read) {
  return {.type = ValueType::kText,
          .placeholder = std::string(placeholder),
          .defaults = std::move(defaults),
          .read = std::move(read)};
}

OptionValue as_texts(std::vector<std::string>& member, std::string_view placeholder,
                     std::function<Problem(const std::string&)> check) {
  return as_list<std::string>(
      member, placeholder, member,
      [check =
           std::move(check)](const std::string& text) -> std::expected<std::string, std::string> {
        if (check) {
          if (Problem problem = check(text)) return std::unexpected(*problem);
        }
        return text;
      });
}

}  // namespace echod
