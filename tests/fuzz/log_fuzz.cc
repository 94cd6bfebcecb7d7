// The log's escaping: nothing a client sends forges a line or commands a terminal, in any format,
// and what was escaped is had back. JSON lines are read by a JSON parser.
#include <string>

#include <nlohmann/json.hpp>

#include "app/log/log.h"
#include "fuzz_input.h"

namespace echod::fuzz {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_utf8(std::string_view text) {
  try {
    (void)nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

// No control character: C0, DEL, and C1, which UTF-8 writes as C2 80 to C2 9F.
void check_harmless(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    ECHOD_CHECK(!is_control(line[i]));
    const bool c1 =
        line[i] == '\xc2' && i + 1 < line.size() && static_cast<unsigned char>(line[i + 1]) < 0xa0;
    ECHOD_CHECK(!c1);
  }
  ECHOD_CHECK(is_utf8(line));
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  ECHOD_CHECK(c >= 'a' && c <= 'f');
  return c - 'a' + 10;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    ECHOD_CHECK(++i < text.size());
    if (text[i] == 'x') {
      ECHOD_CHECK(i + 2 < text.size());
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      ECHOD_CHECK(text[i] == 'n' || text[i] == 't' || text[i] == '\\');
      out += text[i] == 'n' ? '\n' : text[i] == 't' ? '\t' : '\\';
    }
  }
  return out;
}

void check_escaping(std::string_view text) {
  std::string escaped = "before ";
  append_escaped(escaped, text);
  check_harmless(escaped);
  ECHOD_CHECK(escaped.starts_with("before "));
  ECHOD_CHECK(unescaped(std::string_view(escaped).substr(7)) == text);
}

// The value of `name` in a logfmt line, as a reader of that format takes it.
std::string logfmt_value(std::string_view line, std::string_view name) {
  while (!line.empty()) {
    const size_t equals = line.find('=');
    ECHOD_CHECK(equals != std::string_view::npos);
    const bool wanted = line.substr(0, equals) == name;
    line.remove_prefix(equals + 1);
    std::string value;
    const bool quoted = line.starts_with('"');
    if (quoted) {
      size_t i = 1;
      for (; i < line.size() && line[i] != '"'; ++i) {
        const bool quote = line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '"';
        const bool escape = line[i] == '\\' && i + 1 < line.size();
        if (!quote) value += line[i];
        if (escape) value += line[++i];
      }
      ECHOD_CHECK(i < line.size());  // the closing quote is there
      line.remove_prefix(i + 1);
    } else {
      value = line.substr(0, line.find(' '));
      line.remove_prefix(value.size());
    }
    ECHOD_CHECK(line.empty() || line.front() == ' ');
    if (!line.empty()) line.remove_prefix(1);
    if (wanted) return quoted ? unescaped(value) : value;
  }
  ECHOD_CHECK(false);
}

void check_line(FuzzInput& input) {
  const LogLevel levels[] = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                             LogLevel::kError};
  const LogLevel level = levels[input.byte() % 4];
  const uint64_t count = input.number(8);
  const std::string_view peer = input.text_until('\n');
  const std::string_view value = input.text(input.byte());
  const std::string_view text = input.rest();
  const LogLine line{.level = level,
                     .event = "client_spoke",
                     .peer = peer,
                     .text = text,
                     .fields = {{"value", value}, {"count", count}}};
  const std::chrono::system_clock::time_point time{std::chrono::seconds(count >> 32)};

  const std::string plain = format_line(LogFormat::kText, line, time);
  check_harmless(plain);

  const std::string logfmt = format_line(LogFormat::kLogfmt, line, time);
  check_harmless(logfmt);
  ECHOD_CHECK(logfmt_value(logfmt, "event") == "client_spoke");
  ECHOD_CHECK(logfmt_value(logfmt, "value") == value);
  ECHOD_CHECK(logfmt_value(logfmt, "count") == std::to_string(count));
  ECHOD_CHECK(logfmt_value(logfmt, "message") == text);
  if (!peer.empty()) ECHOD_CHECK(logfmt_value(logfmt, "peer") == peer);

  const std::string json = format_line(LogFormat::kJson, line, time);
  check_harmless(json);
  const nlohmann::json read = nlohmann::json::parse(json);
  ECHOD_CHECK(read.at("event") == "client_spoke" && read.at("count") == count);
  ECHOD_CHECK(read.size() == (peer.empty() ? 6 : 7));
  if (is_utf8(text)) ECHOD_CHECK(read.at("message") == text);
  if (is_utf8(value)) ECHOD_CHECK(read.at("value") == value);
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  echod::fuzz::check_escaping(echod::fuzz::as_text(data, size));
  echod::fuzz::FuzzInput input(data, size);
  echod::fuzz::check_line(input);
  return 0;
}
