#include "app/cli/command_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "app/cli/help.h"
#include "app/cli/suggestion.h"
#include "app/cli/units.h"
#include "app/log/log.h"

namespace echod {
namespace {

// The values in a list's variable, separated by commas.
std::vector<std::string> values_of_variable(const Option& option,
                                            const std::vector<std::string>& given) {
  if (!option.value.is_list || !option.value.is_split) return given;
  std::vector<std::string> values;
  for (const std::string_view part : split(given.front(), ',')) values.emplace_back(part);
  return values;
}

std::string typed_name(const Option& option) {
  return fmt::format("{}{}", option.positional ? "" : "--", option.name);
}

}  // namespace

std::string_view name_of(Origin origin) {
  constexpr std::string_view kNames[] = {"default", "file", "environment", "command line", "admin"};
  return kNames[static_cast<size_t>(origin)];
}

OptionTable with_shared_options(const Verb& verb, OptionTable table, std::string& config_file) {
  std::vector<Option> shared;
  if (verb.section) {
    shared.push_back({.name = "config",
                      .value = as_file(config_file),
                      .help = "Read settings from a TOML file; see echod config example",
                      .default_note = "none"});
  }
  const auto built_in = [&shared](std::string_view name, std::string_view letters,
                                  std::string_view help) {
    shared.push_back({.name = name,
                      .letters = letters,
                      .value = {.type = ValueType::kFlag, .placeholder = {}},
                      .help = help,
                      .built_in = true});
  };
  built_in("help", "h", "Show the options that people use most");
  built_in("help-all", "", "Show all options");
  built_in("version", "V", "Show the version");
  table.push_back({"General", std::move(shared)});
  return table;
}

CommandParser::CommandParser(Verb verb, OptionTable table)
    : verb_(std::move(verb)), table_(with_shared_options(verb_, std::move(table), config_file_)) {
  for (const OptionGroup& group : table_) {
    for (const Option& option : group.options) {
      settings_.push_back({&option, option.value.defaults, Origin::kDefault, ""});
    }
  }
}

std::optional<CommandParser::Ending> CommandParser::parse(int argc, const char* const* argv) {
  const ParsedArguments arguments = parse_arguments(verb_, table_, argc, argv);
  using Outcome = ParsedArguments::Outcome;
  switch (arguments.outcome) {
    case Outcome::kHelp:
      return Ending{short_help(verb_, table_), kExitSuccess};
    case Outcome::kHelpAll:
      return Ending{full_help(verb_, table_), kExitSuccess};
    case Outcome::kVersion:
      return Ending{fmt::format("{}\n", version_text()), kExitSuccess};
    case Outcome::kUnknown:
      return mistake(unknown_argument(arguments.text));
    case Outcome::kNoValue:
      return mistake(fmt::format("{} needs a value", arguments.text));
    case Outcome::kMalformed:
      return mistake(arguments.text);
    case Outcome::kOptions:
      break;
  }
  if (auto ending = read_named_file(arguments)) return ending;
  if (Problem problem = apply_arguments(arguments)) return mistake(*problem);
  if (Problem problem = check()) return mistake(*problem);
  return std::nullopt;
}

Problem CommandParser::check() const {
  for (const Setting& setting : settings_) {
    if (setting.origin == Origin::kDefault || !setting.option->check) continue;
    if (Problem problem = setting.option->check()) {
      return fmt::format("{}: {}", setting.place, *problem);
    }
  }
  return std::nullopt;
}

std::optional<CommandParser::Ending> CommandParser::read_named_file(
    const ParsedArguments& arguments) {
  constexpr std::string_view kAdvice = "echod config example shows every key";
  for (const GivenValues& given : arguments.given) {
    if (given.option->name != "config") continue;
    const std::string& name = given.values.back();
    const std::expected<ConfigFile, std::string> file = read_config(name);
    if (!file) return usage_error(file.error(), kAdvice);
    if (Problem problem = read_file(name, *file)) return usage_error(*problem, kAdvice);
  }
  return std::nullopt;
}

Problem CommandParser::read_file(const std::string& name, const ConfigFile& file) {
  for (const ConfigTable& table : file.tables) {
    if (Problem problem = check_table(table)) {
      return fmt::format("{}:{}: {}", name, table.line, *problem);
    }
  }
  for (const ConfigEntry& entry : file.entries) {
    // A path's table belongs to the verb of the top level.
    const std::string_view section = entry.table == kPathSection ? kSections[0] : entry.table;
    if (section != verb_.section) continue;
    if (Problem problem = apply_entry(entry, name)) return problem;
  }
  return std::nullopt;
}

// Whether there may be such a table. That of a path gets its options.
Problem CommandParser::check_table(const ConfigTable& table) {
  if (table.name != kPathSection) {
    if (std::ranges::find(kSections, table.name) != std::end(kSections)) return std::nullopt;
    const std::vector<std::string> names(std::begin(kSections) + 1, std::end(kSections));
    return fmt::format("unknown table '{}'{}", table.name, did_you_mean(table.name, names));
  }
  for (const OptionGroup& group : table_) {
    if (!group.for_path) continue;
    std::expected<std::vector<Option>, std::string> options = group.for_path(table.path);
    if (!options) return options.error();
    path_tables_.push_back({table.path, std::move(*options), {}});
  }
  return std::nullopt;
}

// The setting that `entry` is about.
std::expected<Setting*, std::string> CommandParser::setting_of(const ConfigEntry& entry) {
  if (entry.table != kPathSection) {
    Setting* setting = find(entry.key);
    if (setting != nullptr && is_setting(verb_, *setting->option)) return setting;
    return std::unexpected(
        fmt::format("unknown key '{}'{}", entry.key, did_you_mean(entry.key, keys())));
  }
  PathTable& table = *std::ranges::find(path_tables_, entry.path, &PathTable::path);
  std::vector<std::string> names;
  for (const Option& option : table.options) {
    if (option.name == entry.key) return &table.settings.emplace_back(&option);
    names.emplace_back(option.name);
  }
  return std::unexpected(
      fmt::format("a path has no key '{}'{}", entry.key, did_you_mean(entry.key, names)));
}

Problem CommandParser::apply_entry(const ConfigEntry& entry, const std::string& name) {
  const std::string place = fmt::format("{}:{}: {}", name, entry.line, entry.key);
  const std::expected<Setting*, std::string> setting = setting_of(entry);
  if (!setting) return fmt::format("{}:{}: {}", name, entry.line, setting.error());
  const OptionValue& value = (*setting)->option->value;
  if (entry.is_array && !value.is_list) {
    return fmt::format("{}: give one value, not an array", place);
  }
  if (entry.values.empty() && !value.defaults.empty()) {
    return fmt::format("{}: give at least one value", place);
  }
  return apply(**setting, Origin::kFile, place, entry.values);
}

Problem CommandParser::apply_arguments(const ParsedArguments& arguments) {
  for (const GivenValues& given : arguments.given) {
    const Option& option = *given.option;
    Setting& setting = *std::ranges::find(settings_, &option, &Setting::option);
    Problem problem = given.is_variable
                          ? apply(setting, Origin::kEnvironment, variable_of(verb_, option),
                                  values_of_variable(option, given.values))
                          : apply(setting, Origin::kCommandLine, typed_name(option), given.values);
    if (problem) return problem;
  }
  return std::nullopt;
}

Problem CommandParser::apply(Setting& setting, Origin origin, std::string place,
                             const std::vector<std::string>& values) {
  const OptionValue& value = setting.option->value;
  setting.values = values;
  if (value.is_list) {
    if (value.clear) value.clear();
  } else {
    setting.values = {
        values.back()};  // so that a script's caller can override the script's options
  }
  for (const std::string& text : setting.values) {
    if (Problem problem = value.read(text)) return fmt::format("{}: {}", place, *problem);
  }
  setting.origin = origin;
  setting.place = std::move(place);
  return std::nullopt;
}

Problem CommandParser::set(std::string_view name, const std::vector<std::string>& values,
                           Origin origin, std::string place) {
  Setting* setting = find(name);
  if (setting == nullptr) return fmt::format("unknown option '{}'", name);
  return apply(*setting, origin, std::move(place), values);
}

bool CommandParser::given(std::string_view name) const {
  return std::ranges::any_of(settings_, [name](const Setting& setting) {
    return setting.option->name == name && setting.origin != Origin::kDefault;
  });
}

std::vector<Setting> CommandParser::settings() const {
  std::vector<Setting> shown;
  for (const Setting& setting : settings_) {
    if (is_setting(verb_, *setting.option)) shown.push_back(setting);
  }
  return shown;
}

CommandParser::Ending CommandParser::mistake(std::string_view message) const {
  return usage_error(message, fmt::format("{} --help-all lists the options", verb_.name));
}

std::string CommandParser::unknown_argument(const std::string& argument) const {
  std::string kind = argument.starts_with('-') ? "option" : "command";
  const std::string name = argument.substr(0, argument.find('='));
  for (const ForeignName& foreign : verb_.foreign_names) {
    if (foreign.name != name) continue;
    return fmt::format("unknown {} '{}'; use {}", kind, argument, foreign.instead);
  }
  std::vector<std::string> names = option_names(table_);
  if (kind == "command") {
    names.insert(names.end(), verb_.subcommands.begin(), verb_.subcommands.end());
    if (std::ranges::find(verb_.subcommands, name) != verb_.subcommands.end()) {
      return fmt::format("'{}' must come first: echod {} ...", name, name);
    }
    if (verb_.subcommands.empty()) kind = "argument";
  }
  return fmt::format("unknown {} '{}'{}", kind, argument, did_you_mean(name, names));
}

std::vector<std::string> CommandParser::keys() const {
  std::vector<std::string> names;
  for (const Setting& setting : settings()) names.emplace_back(setting.option->name);
  return names;
}

Setting* CommandParser::find(std::string_view name) {
  const auto found = std::ranges::find_if(
      settings_, [name](const Setting& setting) { return setting.option->name == name; });
  return found == settings_.end() ? nullptr : &*found;
}

CommandParser::Ending usage_error(std::string_view message, std::string_view advice) {
  std::string line(message);
  std::ranges::replace(line, '\n', ' ');
  std::string shown;
  append_escaped(shown, line);
  if (!advice.empty()) shown += fmt::format(" ({})", advice);
  return {fmt::format("echod: {}\n", shown), kExitUsage, std::string(message)};
}

std::string_view version_text() { return "echod " ECHOD_VERSION; }

int print_ending(const CommandParser::Ending& ending) {
  const bool good = ending.exit_code == kExitSuccess;
  std::FILE* stream = good ? stdout : stderr;
  const bool written = std::fputs(ending.text.c_str(), stream) >= 0 && std::fflush(stream) == 0;
  if (written || !good) return ending.exit_code;
  std::fprintf(stderr, "echod: cannot write to standard output: %s\n", std::strerror(errno));
  return kExitFailure;
}

}  // namespace echod
