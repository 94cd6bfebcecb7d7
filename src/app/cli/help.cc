#include "app/cli/help.h"

#include <fmt/format.h>

#include <algorithm>

namespace echod {
namespace {

constexpr size_t kWidth = 100;      // columns
constexpr size_t kHelpColumn = 32;  // where descriptions start
constexpr size_t kFewOptions = 14;  // up to this number, all are shown

// Wraps `text` into lines that start at kHelpColumn; the first continues the current line.
std::string wrapped(std::string_view text) {
  std::string out;
  while (kHelpColumn + text.size() > kWidth) {
    const size_t space = text.rfind(' ', kWidth - kHelpColumn);
    if (space == std::string_view::npos || space == 0) break;
    out += text.substr(0, space);
    out += "\n" + std::string(kHelpColumn, ' ');
    text.remove_prefix(space + 1);
  }
  return out.append(text) + "\n";
}

// "[auto|off; default: auto; repeatable]", or nothing. Ranges are in docs/options.md, and in the
// error message for an invalid value.
std::string facts_of(const Option& option) {
  std::vector<std::string> facts;
  if (option.value.type == ValueType::kChoice) {
    facts.push_back(fmt::format("{}", fmt::join(option.value.choices, "|")));
  }
  if (const std::string text = default_of(option); !text.empty()) {
    facts.push_back("default: " + text);
  }
  if (option.value.is_list && !option.positional) facts.emplace_back("repeatable");
  if (option.reloadable) facts.emplace_back("reloadable");
  return facts.empty() ? "" : fmt::format("[{}]", fmt::join(facts, "; "));
}

// The facts follow on the same line if they fit, else on their own line.
std::string description_of(const Option& option) {
  const std::string help(option.help);
  const std::string facts = facts_of(option);
  if (facts.empty()) return wrapped(help);
  if (kHelpColumn + help.size() + 1 + facts.size() <= kWidth) return help + " " + facts + "\n";
  return wrapped(help) + std::string(kHelpColumn, ' ') + wrapped(facts);
}

std::string line_of(const Option& option) {
  // Options without a short form are aligned with the long names of the others.
  const bool is_indented = option.letters.empty() && !option.positional;
  std::string line = std::string(is_indented ? 6 : 2, ' ') + names_of(option);
  if (const std::string text = placeholder_of(option); !text.empty()) line += " " + text;
  if (line.size() + 2 > kHelpColumn) {
    line += "\n" + std::string(kHelpColumn, ' ');
  } else {
    line.resize(kHelpColumn, ' ');
  }
  return line + description_of(option);
}

size_t count_shown(const OptionTable& table) {
  size_t count = 0;
  for (const OptionGroup& group : table) {
    for (const Option& option : group.options) count += option.hidden || option.positional ? 0 : 1;
  }
  return count;
}

std::string help_of(const Verb& verb, const OptionTable& table, bool all) {
  std::string text = fmt::format("Usage: {} {}\n\n{}", verb.name, verb.usage, verb.description);
  if (!all) text += "\nCommon options:\n";
  for (const OptionGroup& group : table) {
    if (all && std::ranges::any_of(group.options, [](const Option& o) { return !o.hidden; })) {
      text += fmt::format("\n{}:\n", group.heading);
    }
    for (const Option& option : group.options) {
      const bool is_always = option.positional || option.built_in;
      if (!option.hidden && (all || option.common || is_always)) text += line_of(option);
    }
  }
  if (!all)
    text += fmt::format("\n{} --help-all lists all {} options.\n", verb.name, count_shown(table));
  return text + "\n" + verb.footer;
}

}  // namespace

std::string short_help(const Verb& verb, const OptionTable& table) {
  return help_of(verb, table, count_shown(table) <= kFewOptions);
}

std::string full_help(const Verb& verb, const OptionTable& table) {
  return help_of(verb, table, true);
}

std::string names_of(const Option& option) {
  if (option.positional) return option.value.placeholder + (option.value.is_list ? "..." : "");
  std::string names;
  for (const char letter : option.letters) names += fmt::format("-{}, ", letter);
  names += fmt::format("--{}", option.name);
  // One that is on is turned off.
  const bool is_on = option.value.type == ValueType::kFlag && default_of(option) == "on";
  return is_on ? names + fmt::format(", --no-{}", option.name) : names;
}

std::string placeholder_of(const Option& option) {
  if (option.positional || option.value.type == ValueType::kFlag) return {};
  if (option.value.type == ValueType::kChoice || option.value.choices.empty()) {
    return option.value.placeholder;
  }
  return fmt::format("{}|{}", fmt::join(option.value.choices, "|"), option.value.placeholder);
}

std::string default_of(const Option& option) {
  const std::string value = fmt::format("{}", fmt::join(option.value.defaults, ", "));
  if (value.empty()) return option.default_note;
  return option.default_note.empty() ? value : fmt::format("{} ({})", value, option.default_note);
}

std::string takes_of(const Option& option) {
  const bool has_words = option.value.type != ValueType::kFlag && !option.value.choices.empty();
  const std::string words =
      has_words ? fmt::format("{}", fmt::join(option.value.choices, "|")) : "";
  if (words.empty() || option.value.range.empty()) return words + option.value.range;
  return fmt::format("{} or {}", words, option.value.range);
}

std::vector<std::string> option_names(const OptionTable& table) {
  std::vector<std::string> names;
  for (const OptionGroup& group : table) {
    for (const Option& option : group.options) {
      if (option.positional || option.name.empty()) continue;
      names.push_back(fmt::format("--{}", option.name));
      const bool is_switch = option.value.type == ValueType::kFlag && !option.built_in;
      if (is_switch && !option.hidden) names.push_back(fmt::format("--no-{}", option.name));
    }
  }
  return names;
}

}  // namespace echod
