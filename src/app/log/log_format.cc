// How a log line looks in each format.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "app/log/log.h"
#include "base/json_writer.h"
#include "base/utf8.h"

namespace echod {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
    case LogLevel::kOff:
      return "error";
  }
  return "unknown";
}

bool is_control(std::string_view character) {
  auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  // C1 controls, U+0080 to U+009F: some terminals obey them.
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

void append_text(std::string& out, const LogLine& line) {
  if (!line.peer.empty()) {
    out += '[';
    append_escaped(out, line.peer);
    out += "] ";
  }
  append_escaped(out, line.text);
}

void append_logfmt_string(std::string& out, std::string_view value) {
  bool plain = !value.empty() && value.find_first_of(" =\"") == std::string_view::npos;
  std::string escaped;
  append_escaped(escaped, value);
  plain = plain && escaped.size() == value.size();
  if (plain) {
    out += value;
    return;
  }
  out += '"';
  for (char c : escaped) {
    if (c == '"') out += '\\';
    out += c;
  }
  out += '"';
}

void append_logfmt(std::string& out, const LogLine& line, std::string_view time) {
  auto field = [&](std::string_view name, const LogValue& value) {
    if (!out.empty()) out += ' ';
    out += name;
    out += '=';
    if (const auto* text = std::get_if<std::string_view>(&value)) {
      append_logfmt_string(out, *text);
    } else if (const auto* number = std::get_if<uint64_t>(&value)) {
      fmt::format_to(std::back_inserter(out), "{}", *number);
    } else {
      fmt::format_to(std::back_inserter(out), "{:.3f}", std::get<double>(value));
    }
  };
  auto members = [&](std::string_view name, const LogObject& object) {
    for (const auto& [member, text] : object.members) {
      if (text) field(fmt::format("{}.{}", name, member), *text);
    }
  };
  field("time", time);
  field("level", name_of(line.level));
  field("event", line.event);
  if (!line.peer.empty()) field("peer", line.peer);
  for (const auto& [name, value] : line.fields) {
    if (const auto* object = std::get_if<LogObject>(&value)) {
      members(name, *object);
    } else {
      field(name, value);
    }
  }
  field("message", line.text);
}

void write_object(JsonWriter& json, std::string_view name, const LogObject& object) {
  json.name(name);
  json.begin_object();
  for (const auto& [member, text] : object.members) {
    json.name(member);
    if (text) {
      json.ascii(*text);
    } else {
      json.null();
    }
  }
  json.end_object();
}

std::string make_json(const LogLine& line, std::string_view time) {
  JsonWriter json(0);
  const auto text = [&json](std::string_view name, std::string_view value) {
    json.name(name);
    json.ascii(value);
  };
  json.begin_object();
  json.member("time", time);
  json.member("level", name_of(line.level));
  text("event", line.event);
  if (!line.peer.empty()) text("peer", line.peer);
  for (const auto& [name, value] : line.fields) {
    if (const auto* words = std::get_if<std::string_view>(&value)) {
      text(name, *words);
    } else if (const auto* number = std::get_if<uint64_t>(&value)) {
      json.member(name, *number);
    } else if (const auto* object = std::get_if<LogObject>(&value)) {
      write_object(json, name, *object);
    } else {
      json.member(name, std::get<double>(value));
    }
  }
  text("message", line.text);
  json.end_object();
  return json.take();
}

}  // namespace

std::string_view priority_prefix(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "<7>";
    case LogLevel::kInfo:
      return "<6>";
    case LogLevel::kWarning:
      return "<4>";
    case LogLevel::kError:
    case LogLevel::kOff:
      break;
  }
  return "<3>";
}

std::string format_time(std::chrono::system_clock::time_point time) {
  auto ms = std::chrono::floor<std::chrono::milliseconds>(time);
  auto fraction = (ms - std::chrono::floor<std::chrono::seconds>(ms)).count();
  std::tm utc = fmt::gmtime(std::chrono::system_clock::to_time_t(time));
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", utc, fraction);
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    size_t length = utf8_character_size(text);
    std::string_view character = text.substr(0, length == 0 ? 1 : length);
    if (character == "\n") {
      out += "\\n";
    } else if (character == "\t") {
      out += "\\t";
    } else if (character == "\\") {
      out += "\\\\";
    } else if (length == 0 || is_control(character)) {
      for (char c : character) {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
      }
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
}

std::string format_line(LogFormat format, const LogLine& line,
                        std::chrono::system_clock::time_point time) {
  if (format == LogFormat::kJson) return make_json(line, format_time(time));
  std::string out;
  if (format == LogFormat::kText) {
    append_text(out, line);
  } else {
    append_logfmt(out, line, format_time(time));
  }
  return out;
}

}  // namespace echod
