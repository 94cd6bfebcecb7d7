// Reads a verb's options from the command line, from ECHOD_* variables and from a configuration
// file. The command line has precedence over the environment, the environment over the file, and
// the file over the default. All values are checked, even if overridden. A usage error is one line
// that says what is valid.
//
//   BenchOptions options;
//   CommandParser parser(bench_verb(), bench_table(options));
//   if (auto ended = parser.parse(argc, argv)) return *ended;
#pragma once

#include <deque>
#include <expected>
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

// The source of an option's value; later enumerators have precedence.
enum class Origin : uint8_t {
  kDefault,
  kFile,
  kEnvironment,
  kCommandLine,
  kAdmin,  // changed while running, through the admin listener
};

// "default", "file", "environment", "command line", "admin".
std::string_view name_of(Origin origin);

// The value of an option, and its source.
struct Setting {
  const Option* option;
  std::vector<std::string> values;  // as typed; empty: none, see Option::default_note
  Origin origin = Origin::kDefault;
  std::string place;  // "--workers", "ECHOD_WORKERS" or "echod.toml:3: workers"
};

// A table of the configuration file for a path, and its settings.
struct PathTable {
  std::string path;
  std::vector<Option> options;    // see OptionGroup::for_path
  std::vector<Setting> settings;  // those that the table has
};

class CommandParser {
 public:
  // What to print instead of running: help, the version, or a usage error.
  struct Ending {
    std::string text;
    int exit_code = kExitSuccess;
    std::string problem = {};  // of a usage error: the message alone, not escaped
  };

  // Adds the options that all verbs share (--help, --version and, with a section, --config). The
  // members that the table fills must outlive the parser.
  CommandParser(Verb verb, OptionTable table);
  CommandParser(const CommandParser&) = delete;
  CommandParser& operator=(const CommandParser&) = delete;

  // Nothing: the options were read. Otherwise what to print, and the exit code.
  std::optional<Ending> parse(int argc, const char* const* argv);

  // Reads only `file`; `name` is its name in error messages. For `echod config check`.
  Problem read_file(const std::string& name, const ConfigFile& file);

  // Checks options that depend on others (Option::check). parse() does.
  Problem check() const;

  // Sets the option `name` as one of the sources would. For settings that were parsed before.
  Problem set(std::string_view name, const std::vector<std::string>& values, Origin origin,
              std::string place);

  // After parse(): whether the option `name` ("queue") was given in any source.
  bool given(std::string_view name) const;

  // After parse(): all options except hidden ones, in the table's order.
  std::vector<Setting> settings() const;

  // The same with hidden options and those that only the command line has.
  const std::vector<Setting>& all_settings() const { return settings_; }

  // The same of each path's table, in the file's order.
  const std::deque<PathTable>& path_tables() const { return path_tables_; }

  // A usage error found later, in the same format.
  Ending mistake(std::string_view message) const;

 private:
  Problem apply(Setting& setting, Origin origin, std::string place,
                const std::vector<std::string>& values);
  Problem apply_arguments(const ParsedArguments& arguments);
  std::optional<Ending> read_named_file(const ParsedArguments& arguments);
  std::string unknown_argument(const std::string& argument) const;
  Problem check_table(const ConfigTable& table);
  Problem apply_entry(const ConfigEntry& entry, const std::string& name);
  std::expected<Setting*, std::string> setting_of(const ConfigEntry& entry);
  std::vector<std::string> keys() const;
  Setting* find(std::string_view name);

  const Verb verb_;
  std::string config_file_;
  const OptionTable table_;
  std::vector<Setting> settings_;
  std::deque<PathTable> path_tables_;
};

// `table` and the options that all verbs share. `config_file` must outlive it.
OptionTable with_shared_options(const Verb& verb, OptionTable table, std::string& config_file);

// The error as one line for standard error. Control characters of typed text are escaped, so they
// cannot affect the terminal.
CommandParser::Ending usage_error(std::string_view message, std::string_view advice);

// "echod 0.1.0"
std::string_view version_text();

// Prints help and versions on standard output and errors on standard error. Returns the exit code:
// that of the ending, or kExitFailure, with a message, if standard output cannot be written.
int print_ending(const CommandParser::Ending& ending);

}  // namespace echod
