#include "app/cli/config_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/command_parser.h"
#include "app/cli/config_file.h"
#include "app/cli/docs/documents.h"
#include "app/cli/help.h"
#include "app/cli/suggestion.h"
#include "app/cli/verbs.h"
#include "app/log/log.h"

namespace echod {
namespace {

using Ending = CommandParser::Ending;

constexpr std::string_view kHelp =
    "Usage: echod config COMMAND\n\n"
    "Settings may stand in a TOML file, for --config FILE or ECHOD_CONFIG. The command line "
    "counts\n"
    "before the environment, the environment before the file, and the file before the default.\n\n"
    "  echod config check FILE...           check files; prints the first mistake of each\n"
    "  echod config dump [VERB] [OPTIONS]   show the settings in effect and where they come from\n"
    "  echod config example                 show a file of all settings with their defaults\n"
    "  echod config docs FORMAT             show docs/options.md (markdown), echod.1 (man), or "
    "the\n"
    "                                       completions of a shell (bash, zsh, fish)\n\n"
    "VERB is serve, bench or sim, and OPTIONS are its options.\n"
    "Exit status: 0 done, 1 failed at run time, 2 usage error or a mistake in a file.\n";

Ending mistake(std::string_view message) {
  return usage_error(message, "echod config --help lists the commands");
}

// Checks the file `name`; returns its first error.
Problem check_file(const std::string& name) {
  const std::expected<ConfigFile, std::string> file = read_config(name);
  if (!file) return file.error();
  Problem problem;
  visit_verbs([&](const Verb& verb, const OptionTable& table) {
    if (!verb.section || problem) return;
    CommandParser parser(verb, table);
    problem = parser.read_file(name, *file);
    if (!problem) problem = parser.check();
  });
  return problem;
}

int check(int argc, const char* const* argv) {
  if (argc < 2) return print_ending(mistake("missing file to check"));
  int status = kExitSuccess;
  for (int i = 1; i < argc; ++i) {
    if (Problem problem = check_file(argv[i])) {
      status = print_ending(usage_error(*problem, ""));
    } else {
      std::string shown;
      append_escaped(shown, argv[i]);
      const int printed = print_ending({fmt::format("{}: ok\n", shown), kExitSuccess});
      if (printed != kExitSuccess) return printed;
    }
  }
  return status;
}

std::string toml_of(const Option& option, const std::vector<std::string>& values) {
  if (option.value.type == ValueType::kFlag) {
    bool is_on = false;
    as_flag(is_on).read(values.front());
    return is_on ? "true" : "false";
  }
  if (!option.value.is_list) return toml_value(values.front());
  std::vector<std::string> parts;
  parts.reserve(values.size());
  for (const std::string& value : values) parts.push_back(toml_value(value));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::string source_of(const Setting& setting) {
  std::string text(name_of(setting.origin));
  if (setting.origin != Origin::kDefault) text += " " + setting.place;
  std::string shown;
  append_escaped(shown, text);
  return shown;
}

// "workers = 2", and from where.
std::string line_of(const Setting& setting) {
  constexpr size_t kColumn = 48;  // of the comments
  const Option& option = *setting.option;
  // A list may be empty, which says something: in a path's table that it inherits nothing.
  const bool is_given = setting.origin != Origin::kDefault && option.value.is_list;
  const std::string line =
      is_given || !setting.values.empty()
          ? fmt::format("{} = {}", option.name, toml_of(option, setting.values))
          : fmt::format("# {}: {}", option.name, option.default_note);
  return fmt::format("{:<{}} # {}\n", line, kColumn, source_of(setting));
}

std::string dump_of(const CommandParser& parser, const Verb& verb) {
  std::string text = fmt::format("# Settings of {}, and where they come from\n", verb.name);
  const std::string section = verb.section.value_or("");
  if (!section.empty()) text += fmt::format("[{}]\n", section);
  for (const Setting& setting : parser.settings()) text += line_of(setting);
  for (const PathTable& table : parser.path_tables()) {
    text += fmt::format("\n[{}.{}]\n", kPathSection, toml_value(table.path));
    for (const Setting& setting : table.settings) text += line_of(setting);
  }
  return text;
}

int dump(int argc, const char* const* argv) {
  std::string_view wanted = argc > 1 ? argv[1] : "";
  const bool has_verb = !wanted.empty() && !wanted.starts_with('-');
  if (has_verb) {
    --argc;
    ++argv;
  }
  if (!has_verb || wanted == "serve") wanted = "";
  std::optional<Ending> ending;
  visit_verbs([&](const Verb& verb, const OptionTable& table) {
    if (verb.section != wanted) return;
    CommandParser parser(verb, table);
    ending = parser.parse(argc, argv);
    if (!ending) ending = Ending{dump_of(parser, verb), kExitSuccess};
  });
  if (!ending) {
    ending = mistake(fmt::format("unknown verb '{}'; give serve, bench or sim", wanted));
  }
  return print_ending(*ending);
}

std::string comment(std::string_view text) {
  constexpr size_t kWidth = 98;
  std::string out;
  while (text.size() > kWidth) {
    const size_t space = text.rfind(' ', kWidth);
    if (space == std::string_view::npos) break;
    out += fmt::format("# {}\n", text.substr(0, space));
    text.remove_prefix(space + 1);
  }
  return out + fmt::format("# {}\n", text);
}

std::string example_of(const Option& option) {
  const std::string limits = takes_of(option);
  std::string about(option.help);
  if (!limits.empty()) about += fmt::format(" ({})", limits);
  about += ".";
  if (!option.details.empty()) about += fmt::format(" {}", option.details);
  const std::string note =
      option.default_note.empty() ? "" : fmt::format("  # default: {}", default_of(option));
  const std::vector<std::string> values = option.value.defaults.empty()
                                              ? std::vector{std::string(option.example)}
                                              : option.value.defaults;
  return fmt::format("{}#{} = {}{}\n", comment(about), option.name, toml_of(option, values), note);
}

// A comment, since what follows a table belongs to it.
std::string path_example() {
  return fmt::format(
      "\n# A path and what is below it may have a table, behind all settings of the server. What "
      "it\n"
      "# leaves out is as above:\n# [{}.\"/slow\"]\n# answer-delay = \"2s\"\n",
      kPathSection);
}

std::string example() {
  std::string text =
      "# Settings of echod, for echod --config FILE or ECHOD_CONFIG=FILE. Each is commented out "
      "and\n"
      "# shows its default, or an example where there is none. A duration alone is seconds, a "
      "size\n"
      "# alone is bytes. echod config check FILE finds mistakes.\n";
  visit_verbs([&text](const Verb& verb, const OptionTable& table) {
    if (!verb.section) return;
    if (!verb.section->empty()) {
      text += fmt::format("\n\n# {}: {}\n[{}]\n", verb.name, verb.summary, *verb.section);
    }
    for (const OptionGroup& group : table) {
      bool is_first = true;
      for (const Option& option : group.options) {
        if (!is_setting(verb, option)) continue;
        if (std::exchange(is_first, false)) text += fmt::format("\n# --- {} ---\n", group.heading);
        text += "\n" + example_of(option);
      }
      if (group.for_path) text += path_example();
    }
  });
  return text;
}

int document(int argc, const char* const* argv) {
  const std::vector<std::string> formats = document_formats();
  const std::string format = argc > 1 ? argv[1] : "";
  if (argc != 2 || std::ranges::find(formats, format) == formats.end()) {
    return print_ending(
        mistake(fmt::format("'{}' is not one of {}", format, fmt::join(formats, "|"))));
  }
  return print_ending({document_in(format), kExitSuccess});
}

}  // namespace

int config(int argc, const char* const* argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "check") return check(argc - 1, argv + 1);
  if (command == "dump") return dump(argc - 1, argv + 1);
  if (command == "example" && argc == 2) return print_ending({example(), kExitSuccess});
  if (command == "docs") return document(argc - 1, argv + 1);
  if (command == "--help" || command == "-h" || command == "--help-all") {
    return print_ending({std::string(kHelp), kExitSuccess});
  }
  if (command.empty()) return print_ending(mistake("missing command; give check, dump or example"));
  const std::vector<std::string> commands = {"check", "dump", "example", "docs"};
  const std::string_view wrong = command == "example" ? argv[2] : command.data();
  return print_ending(
      mistake(fmt::format("unknown command '{}'{}", wrong, did_you_mean(wrong, commands))));
}

}  // namespace echod
