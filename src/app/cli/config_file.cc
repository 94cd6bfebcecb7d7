#include "app/cli/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <tuple>
#include <utility>

#include "app/cli/option.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_bare_key(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

// true, false, and numbers in the formats of options: 10, 0.5.
bool is_bare_value(std::string_view text) {
  if (text == "true" || text == "false") return true;
  return !text.empty() && text.front() >= '0' && text.front() <= '9' &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

void append_utf8(std::string& out, uint32_t code) {
  const auto append = [&out](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return append(code);
  if (code < 0x800) {
    append(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    append(0xe0 | code >> 12);
    append(0x80 | (code >> 6 & 0x3f));
  } else {
    append(0xf0 | code >> 18);
    append(0x80 | (code >> 12 & 0x3f));
    append(0x80 | (code >> 6 & 0x3f));
  }
  append(0x80 | (code & 0x3f));
}

// Removes an escape (after its backslash) from the front of `rest`, and appends its character.
// Returns false if it is no valid escape.
bool read_escape(std::string_view& rest, std::string& out) {
  constexpr std::string_view kLetters = "btnfr\"\\";
  constexpr std::string_view kMeanings = "\b\t\n\f\r\"\\";
  if (rest.empty()) return false;
  const char letter = rest.front();
  rest.remove_prefix(1);
  if (const size_t index = kLetters.find(letter); index != std::string_view::npos) {
    out += kMeanings[index];
    return true;
  }
  const size_t digits = letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  if (digits == 0 || rest.size() < digits) return false;
  uint32_t code = 0;
  const std::string_view number = rest.substr(0, digits);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), code, 16);
  const bool is_character = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  if (error != std::errc() || end != number.data() + number.size() || !is_character) return false;
  rest.remove_prefix(digits);
  append_utf8(out, code);
  return true;
}

// Reads a value after an equals sign; an array may span several lines.
class ValueReader {
 public:
  // Counts the consumed lines in `line`.
  ValueReader(std::string_view text, int& line) : rest_(text), line_(line) {}

  // Fills `entry`, up to the end of the last line.
  Problem read(ConfigEntry& entry) {
    skip(false);
    if (rest_.empty() || rest_.front() == '\n') return "a value is missing";
    entry.is_array = rest_.front() == '[';
    if (Problem problem = entry.is_array ? read_array(entry.values) : read_one(entry.values)) {
      return problem;
    }
    skip(false);
    if (rest_.empty() || rest_.front() == '\n') return std::nullopt;
    return fmt::format("'{}' is left over behind the value", trimmed(current_line()));
  }

  // Reads a text in quotes, at which the input must be.
  Problem read_quoted(std::string& text) {
    return rest_.front() == '"' ? read_basic(text) : read_literal(text);
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view current_line() const { return rest_.substr(0, rest_.find('\n')); }

  // Skips spaces, a comment and, with `lines` (inside an array), line ends.
  void skip(bool lines) {
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '#') {
        rest_.remove_prefix(current_line().size());
      } else if (c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n')) {
        line_ += c == '\n' ? 1 : 0;
        rest_.remove_prefix(1);
      } else {
        return;
      }
    }
  }

  Problem read_array(std::vector<std::string>& values) {
    rest_.remove_prefix(1);
    while (true) {
      skip(true);
      if (rest_.empty()) return "the array does not end; close it with ]";
      if (rest_.front() == ']') break;
      if (Problem problem = read_one(values)) return problem;
      skip(true);
      if (!rest_.empty() && rest_.front() == ',') {
        rest_.remove_prefix(1);
      } else if (!rest_.empty() && rest_.front() != ']') {
        return "put a comma between the values of an array, and ] behind the last";
      }
    }
    rest_.remove_prefix(1);
    return std::nullopt;
  }

  Problem read_one(std::vector<std::string>& values) {
    if (rest_.front() == '"' || rest_.front() == '\'') return read_quoted(values.emplace_back());
    const std::string_view line = current_line();
    const std::string_view text = trimmed(line.substr(0, line.find_first_of(",]#")));
    if (!is_bare_value(text)) return fmt::format("put '{}' into quotes", text);
    values.emplace_back(text);
    rest_.remove_prefix(text.size());
    return std::nullopt;
  }

  Problem read_literal(std::string& value) {
    const std::string_view line = current_line();
    const size_t end = line.find('\'', 1);
    if (end == std::string_view::npos) return "the quotes do not close";
    value = line.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return std::nullopt;
  }

  Problem read_basic(std::string& value) {
    std::string_view line = current_line().substr(1);
    while (!line.empty() && line.front() != '"') {
      const char c = line.front();
      line.remove_prefix(1);
      if (c != '\\') {
        value += c;
      } else if (!read_escape(line, value)) {
        return "unknown escape; write a backslash as \\\\, or the text in 'single quotes'";
      }
    }
    if (line.empty()) return "the quotes do not close";
    rest_.remove_prefix(static_cast<size_t>(line.data() - rest_.data()) + 1);
    return std::nullopt;
  }

  std::string_view rest_;
  int& line_;
};

// A table header: "[bench]", or "[path."/slow"]" with a path in either kind of quotes.
std::expected<ConfigTable, std::string> read_table(std::string_view line, int line_number) {
  constexpr std::string_view kPath = "path.";
  ConfigTable table{.name = {}, .path = {}, .line = line_number};
  std::string_view rest = trimmed(line.substr(1));
  if (rest.starts_with(kPath)) {
    rest.remove_prefix(kPath.size());
    if (!rest.starts_with('"') && !rest.starts_with('\'')) {
      return Failure(fmt::format("'{}' is not a table; put the path into quotes", line));
    }
    table.name = "path";
    ValueReader reader(rest, line_number);
    if (Problem problem = reader.read_quoted(table.path)) return Failure(*problem);
    rest = trimmed(reader.rest());
  } else {
    const size_t end = std::min(rest.find(']'), rest.size());
    table.name = trimmed(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  const std::string_view behind = rest.starts_with(']') ? trimmed(rest.substr(1)) : "";
  const bool is_good =
      is_bare_key(table.name) && rest.starts_with(']') && (behind.empty() || behind.front() == '#');
  if (!is_good) return Failure(fmt::format("'{}' is not a table; write [bench]", line));
  return table;
}

}  // namespace

std::expected<ConfigFile, std::string> parse_config(std::string_view text) {
  ConfigFile file;
  ConfigTable table;
  // Where each key of a table was set.
  std::map<std::tuple<std::string, std::string, std::string>, int> lines;
  int line_number = 1;
  const auto failure = [&](std::string_view problem) {
    return Failure(fmt::format("{}: {}", line_number, problem));
  };
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#') {
      text.remove_prefix(line.size());
    } else if (content.front() == '[') {
      const auto header = read_table(content, line_number);
      if (!header) return failure(header.error());
      table = *header;
      file.tables.push_back(table);
      text.remove_prefix(line.size());
    } else {
      ConfigEntry entry;
      entry.table = table.name;
      entry.path = table.path;
      entry.line = line_number;
      const size_t equals = line.find('=');
      entry.key = trimmed(line.substr(0, equals));
      if (equals == std::string_view::npos || !is_bare_key(entry.key)) {
        return failure(fmt::format("'{}' is not `key = value`", content));
      }
      const auto [other, is_new] =
          lines.try_emplace({table.name, table.path, entry.key}, line_number);
      if (!is_new) {
        return failure(fmt::format("{} stands in line {} already", entry.key, other->second));
      }
      ValueReader reader(text.substr(equals + 1), line_number);
      if (Problem problem = reader.read(entry)) {
        return failure(fmt::format("{}: {}", entry.key, *problem));
      }
      file.entries.push_back(std::move(entry));
      text = reader.rest();
    }
    if (text.empty()) break;
    text.remove_prefix(1);  // the line end
    ++line_number;
  }
  return file;
}

std::expected<ConfigFile, std::string> read_config(const std::string& name) {
  errno = 0;
  std::ifstream input(name, std::ios::binary);
  std::string text(kConfigSizeMax + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(input.gcount()));
  if (text.size() > kConfigSizeMax) return Failure(name + ": the file is larger than 1MiB");
  if (!input.eof()) {
    const int error = errno != 0 ? errno : EIO;
    return Failure(fmt::format("cannot read {}: {}", name, std::strerror(error)));
  }
  std::expected<ConfigFile, std::string> file = parse_config(text);
  if (!file) return Failure(fmt::format("{}:{}", name, file.error()));
  return file;
}

std::string toml_value(std::string_view value) {
  const bool is_number = !value.empty() && value.size() < 19 && (value == "0" || value[0] != '0') &&
                         std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
  if (is_number) return std::string(value);
  std::string text = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f) {
      text += fmt::format("\\u{:04x}", byte);
    } else {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
  return text + "\"";
}

}  // namespace echod
