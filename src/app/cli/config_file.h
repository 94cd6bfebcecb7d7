// Configuration files: the TOML that options need, which is keys, strings, numbers, booleans,
// arrays of them, tables and comments. Dates, inline tables, dotted keys and strings of several
// lines have no use here and are refused.
//
// CLI11 has a reader of TOML, but the one of Debian 12 (2.1.2) cannot check a file: it knows no
// line numbers, ends a string at a # in it, takes backslashes as they are, and skips in silence
// what it does not understand.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace echod {

inline constexpr size_t kConfigSizeMax = size_t{1} << 20;  // bytes

struct ConfigEntry {
  std::string table;  // "" is the top
  std::string key;
  std::vector<std::string> values;  // as they would be typed; an array has any number, else one
  bool is_array = false;
  int line = 0;  // counted from 1
};

struct ConfigTable {
  std::string name;
  int line = 0;
};

struct ConfigFile {
  std::vector<ConfigEntry> entries;  // in the file's order; no key stands twice
  std::vector<ConfigTable> tables;
};

// Errors begin with the line's number: "3: workers: put '2s' into quotes".
std::expected<ConfigFile, std::string> parse_config(std::string_view text);

// Reads the file `name`. Errors begin with "echod.toml:3: ", or say why it cannot be read.
std::expected<ConfigFile, std::string> read_config(const std::string& name);

// `value` as TOML: bare where it is a whole number, else a string in quotes.
std::string toml_value(std::string_view value);

}  // namespace echod
