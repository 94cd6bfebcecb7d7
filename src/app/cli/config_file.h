// Configuration files, in the subset of TOML that options need: keys, strings, numbers, booleans,
// arrays of them, tables, tables of a quoted path ([path."/slow"]) and comments. Dates, inline
// tables, other dotted keys and multi-line strings have no use here and are errors.
//
// CLI11 has a TOML reader, but the version in Debian 12 (2.1.2) cannot check a file: it has no line
// numbers, ends a string at a # in it, does not process backslashes, and silently skips what it
// does not understand.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace echod {

inline constexpr size_t kConfigSizeMax = size_t{1} << 20;  // bytes

struct ConfigEntry {
  std::string table;  // "" is the top
  std::string path;   // of a table [path."/slow"]; else empty
  std::string key;
  std::vector<std::string> values;  // as typed on a command line; any number for an array, else one
  bool is_array = false;
  int line = 0;  // counted from 1
};

struct ConfigTable {
  std::string name;
  std::string path;  // "path" has one, in quotes: [path."/slow"]
  int line = 0;
};

struct ConfigFile {
  std::vector<ConfigEntry> entries;  // in the file's order; no key occurs twice
  std::vector<ConfigTable> tables;
};

// Errors begin with the line number: "3: workers: put '2s' into quotes".
std::expected<ConfigFile, std::string> parse_config(std::string_view text);

// Reads the file `name`. Errors begin with "echod.toml:3: ", or say why the file cannot be read.
std::expected<ConfigFile, std::string> read_config(const std::string& name);

// `value` as TOML: bare if it is an integer, else a quoted string.
std::string toml_value(std::string_view value);

}  // namespace echod
