// Reads what a verb is told: by its command line, by ECHOD_* variables and by a configuration file.
// The command line counts before the environment, the environment before the file, and the file
// before the default. Each value is checked, whichever counts, and a mistake is answered with one
// line that says what is right.
//
//   BenchOptions options;
//   CommandParser parser(bench_verb(), bench_table(options));
//   if (auto ended = parser.parse(argc, argv)) return *ended;
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/argument_parser.h"
#include "app/cli/config_file.h"
#include "app/cli/option.h"

namespace echod {

// Exit codes, as documented in README.md.
inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;  // at run time
inline constexpr int kExitUsage = 2;    // the command line, or another setting, is wrong

// Where the value of an option comes from; later ones count before earlier ones.
enum class Origin : uint8_t { kDefault, kFile, kEnvironment, kCommandLine };

// What an option is set to.
struct Setting {
  const Option* option;
  std::vector<std::string> values;  // as typed; empty: there is none, see Option::default_note
  Origin origin = Origin::kDefault;
  std::string place;  // "--workers", "ECHOD_WORKERS" or "echod.toml:3: workers"
};

class CommandParser {
 public:
  // Prints instead of running: help, the version, or a mistake.
  struct Ending {
    std::string text;
    int exit_code = kExitSuccess;
  };

  // The options that all verbs share (--help, --version and, with a section, --config) are added.
  // What the table fills must outlive the parser.
  CommandParser(Verb verb, OptionTable table);
  CommandParser(const CommandParser&) = delete;
  CommandParser& operator=(const CommandParser&) = delete;

  // Nothing: the options are read. Otherwise what to print and how to end.
  std::optional<Ending> parse(int argc, const char* const* argv);

  // Reads `file`, which `name` is for errors, and nothing else. For `echod config check`.
  Problem read_file(const std::string& name, const ConfigFile& file);

  // After parse(): whether the option called `name` ("queue") was given, wherever.
  bool given(std::string_view name) const;

  // After parse(): every option but hidden ones, in the table's order.
  std::vector<Setting> settings() const;

  // A mistake found later, in the same words.
  Ending mistake(std::string_view message) const;

 private:
  Problem apply(Setting& setting, Origin origin, std::string place,
                const std::vector<std::string>& values);
  Problem apply_arguments(const ParsedArguments& arguments);
  std::optional<Ending> read_named_file(const ParsedArguments& arguments);
  std::string unknown_argument(const std::string& argument) const;
  std::vector<std::string> keys() const;
  Setting* find(std::string_view name);

  const Verb verb_;
  std::string config_file_;
  const OptionTable table_;
  std::vector<Setting> settings_;
};

// `table` and the options that all verbs share. `config_file` must outlive it.
OptionTable with_shared_options(const Verb& verb, OptionTable table, std::string& config_file);

// What is wrong as one line for standard error, in which nothing that was typed commands a
// terminal.
CommandParser::Ending usage_error(std::string_view message, std::string_view advice);

// "echod 0.1.0"
std::string_view version_text();

// Prints help and versions on standard output and mistakes on standard error, and returns the exit
// code: that of the ending, or kExitFailure where standard output cannot be written, which is said.
int print_ending(const CommandParser::Ending& ending);

}  // namespace echod
