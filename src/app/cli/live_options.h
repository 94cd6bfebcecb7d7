// The options of a running server, which can change: because the configuration file is read anew,
// or because single options are given other values. The command line and the environment keep their
// precedence over the file.
//
//   LiveOptions live(argc, argv);
//   if (auto ending = live.read()) return *ending;
//   ... live.options() ...
//   auto change = live.reread();           // validates; nothing has changed yet
//   if (change && server.apply(change->options)) live.adopt(std::move(*change));
//
// What can change while the server runs is a column of the option table (Option::reloadable). Other
// options keep the values with which the server was started, in options() too.
#pragma once

#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/command_parser.h"
#include "app/cli/serve_options.h"

namespace echod {

// The value of an option in effect, and its source.
struct LiveSetting {
  std::string_view name;
  std::vector<std::string> values;  // as typed; empty: none, see Option::default_note
  Origin origin = Origin::kDefault;
  std::string place;         // see Setting
  std::string default_note;  // see Option, as for the next
  bool reloadable = false;
  bool by_admin = true;
  bool hidden = false;
  bool is_list = false;
};

// An option with its new values, as typed.
struct GivenSetting {
  std::string name;
  std::vector<std::string> values;  // several for a list only
};

// Not thread-safe.
class LiveOptions {
 public:
  // `argv` must outlive it.
  LiveOptions(int argc, const char* const* argv) : argc_(argc), argv_(argv) {}

  // At the start: reads the command line, the environment and the file. Nothing: they were read.
  // Otherwise what to print, and the exit code. `warnings` become those of the options.
  std::optional<CommandParser::Ending> read(std::vector<std::string> warnings = {});

  const ServeOptions& options() const { return options_; }
  const std::vector<LiveSetting>& settings() const { return settings_; }

  struct Difference {
    std::string_view name;
    std::string from;  // for people: "5m", "default"; credentials are redacted
    std::string to;
  };

  // The file's tables of paths: "/slow: answer-delay = 2s".
  struct PathTables {
    std::string exact;  // to compare
    std::string shown;  // for people: without credentials, and cut where it is long
  };

  // What a change would do.
  struct Change {
    ServeOptions options;
    std::vector<LiveSetting> settings;
    PathTables path_tables;
    std::vector<Difference> applied;
    std::vector<Difference> deferred;  // would take effect at the next start only; not in `options`
  };

  // The options as the command line, the environment and the file are now. Changes by with() are
  // gone. The error says what is wrong, with file and line. A file that could not be read again (a
  // pipe) is an error, since reading it could block.
  std::expected<Change, std::string> reread() const;

  // The options with other values for those in `given`: all of them, or an error. Options that are
  // unknown or not reloadable, and values that are not valid, are errors.
  std::expected<Change, std::string> with(const std::vector<GivenSetting>& given) const;

  void adopt(Change&& change);

 private:
  // `paths`: the defaults of the file's tables of paths, which are no settings.
  std::expected<ServeOptions, std::string> options_of(const std::vector<LiveSetting>& settings,
                                                      std::deque<http::PathDefaults> paths) const;

  const int argc_;
  const char* const* const argv_;
  ServeOptions options_;
  std::vector<LiveSetting> settings_;  // in the table's order
  PathTables path_tables_;
};

}  // namespace echod
