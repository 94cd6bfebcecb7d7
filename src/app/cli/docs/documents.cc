#include "app/cli/docs/documents.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "app/cli/command_parser.h"
#include "app/cli/help.h"
#include "app/cli/verbs.h"
#include "base/check.h"

namespace echod {
namespace {

using Writer = std::string (*)();

constexpr std::array kWriters = std::to_array<std::pair<std::string_view, Writer>>({
    {"markdown", options_markdown},
    {"man", manual_page},
    {"bash", bash_completion},
    {"zsh", zsh_completion},
    {"fish", fish_completion},
});

constexpr std::string_view kIntroduction = R"(# Options

This page is made from the tables of options: edit a row there and run `scripts/docs`.

An option can be set in three places. The command line counts before the environment, the
environment before the configuration file, and the file before the default.

| place | example |
| --- | --- |
| command line | `echod --idle-timeout 1m`, `echod --idle-timeout=1m` |
| environment | `ECHOD_IDLE_TIMEOUT=1m echod` |
| configuration file | `idle-timeout = "1m"` in TOML, given with `--config FILE` or `ECHOD_CONFIG` |

Settings of `echod bench` and `echod sim` have variables with `ECHOD_BENCH_` and `ECHOD_SIM_`, and
stand in the file's tables `[bench]` and `[sim]`. A repeatable option is an array in the file, and
has commas between its values in a variable. An option that is given again on the command line
counts with its last value, unless it is repeatable; `--no-NAME` turns a flag off.

| command | what it does |
| --- | --- |
| `echod config check FILE...` | finds mistakes: file, line, and what would be right |
| `echod config dump [VERB] [OPTIONS]` | shows the settings in effect and their sources, as TOML |
| `echod config example` | shows a commented file of all settings |

DURATION is `500ms`, `10s`, `5m`, `2h` or `1d`; a number alone is seconds. SIZE is bytes: `4096`,
`64k` or `64KiB`, `1m` or `1MiB` (powers of 1024), `64kB`, `1MB` (powers of 1000). RATE is a number
per second: `500`, `20k`, `1.5M`. SHARE is `5%` or `0.05`. Words may be written in any case.

SIGHUP makes a running server read its configuration file anew. The whole file is checked first:
if there is a mistake, nothing changes, and the log says where it is. Options with "yes" or "file"
under *reload* change at once, for new connections; open ones keep the values with which they
began. Those of the logs and the connection limits change for all. Others take effect at the next
start, and the log says so. The command line and the environment still have precedence over the
file. The admin interface changes the same options (`/api/v1/limits`), except those with "file".

A variable that begins with `ECHOD_` and belongs to no option is a warning, not an error: others
set such variables too. Kubernetes does for a service called `echod`, and those are ignored.
)";

// `text` with a backslash before each character of `signs`.
std::string escaped(std::string_view text, std::string_view signs) {
  std::string out;
  for (const char c : text) {
    if (signs.contains(c)) out += '\\';
    out += c;
  }
  return out;
}

// Plain text in a table cell.
std::string cell(std::string_view text) { return escaped(text, "|*_<"); }

// In code, only the cell delimiter is escaped.
std::string code(std::string_view text) {
  return text.empty() ? "" : fmt::format("`{}`", escaped(text, "|"));
}

std::string row_of(const Verb& verb, const Option& option) {
  std::string name = names_of(option);
  if (const std::string text = placeholder_of(option); !text.empty()) name += " " + text;
  std::string about = fmt::format("{}.", option.help);
  if (!option.details.empty()) about += fmt::format(" {}", option.details);
  if (option.value.is_list && !option.positional) about += " Repeatable.";
  // Only a server runs long enough to be told of new values.
  const std::string_view reload = !verb.is_default     ? ""
                                  : !option.reloadable ? " | "
                                  : option.by_admin    ? "yes | "
                                                       : "file | ";
  return fmt::format("| {} | {} | {} | {} | {}{} |\n", code(name), code(variable_of(verb, option)),
                     cell(takes_of(option)), cell(default_of(option)), reload, cell(about));
}

}  // namespace

std::vector<std::string> document_formats() {
  std::vector<std::string> formats;
  formats.reserve(std::size(kWriters));
  for (const auto& [format, writer] : kWriters) formats.emplace_back(format);
  return formats;
}

std::string document_in(std::string_view format) {
  for (const auto& [name, writer] : kWriters) {
    if (name == format) return writer();
  }
  ECHOD_CHECK(false);
  return {};
}

std::string options_markdown() {
  std::string text(kIntroduction);
  visit_verbs([&text](const Verb& verb, const OptionTable& table) {
    const std::string name = verb.is_default ? "echod serve" : verb.name;
    text += fmt::format("\n## {}: {}\n", name, verb.summary);
    for (const OptionGroup& group : table) {
      text += fmt::format(
          "\n### {}\n\n| option | variable | values | default | {}meaning |\n"
          "| --- | --- | --- | --- | {}--- |\n",
          group.heading, verb.is_default ? "reload | " : "", verb.is_default ? "--- | " : "");
      for (const Option& option : group.options) {
        if (!option.hidden) text += row_of(verb, option);
      }
    }
  });
  text += "\n## All commands\n\n| option | variable | meaning |\n| --- | --- | --- |\n";
  std::string config_file;
  for (const OptionGroup& group :
       with_shared_options({.name = "echod", .section = ""}, {}, config_file)) {
    for (const Option& option : group.options) {
      text += fmt::format("| {} | {} | {}. |\n", code(names_of(option)),
                          code(variable_of({.section = ""}, option)), option.help);
    }
  }
  return text;
}

}  // namespace echod
