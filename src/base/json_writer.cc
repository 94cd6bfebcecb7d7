#include "base/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"

namespace echod {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_u_escape(std::string& out, unsigned code) {
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHex[code >> shift & 0xf];
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      append_u_escape(out, byte);
    } else {
      out += c;
    }
  }
}

// The code point of a well-formed character.
uint32_t code_point(std::string_view character) {
  constexpr std::array<uint8_t, 5> kLeadBits = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t code = static_cast<uint8_t>(character[0]) & kLeadBits[character.size()];
  for (const char c : character.substr(1)) code = code << 6 | (static_cast<uint8_t>(c) & 0x3f);
  return code;
}

// Beyond the basic plane as two surrogates (RFC 8259 section 7).
void append_ascii(std::string& out, std::string_view character) {
  const uint32_t code = code_point(character);
  if (code < 0x10000) return append_u_escape(out, code);
  append_u_escape(out, 0xd7c0 + (code >> 10));
  append_u_escape(out, 0xdc00 + (code & 0x3ff));
}

// Where digits stand around the point without an exponent: 0.0001 to 999999999999999.0.
constexpr int kPointMin = -3;
constexpr int kPointMax = 15;

void append_number(std::string& out, double number) {
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                          std::abs(number), std::chars_format::scientific);
  ECHOD_CHECK(error == std::errc());
  const std::string_view text(buffer.data(), static_cast<size_t>(end - buffer.data()));
  const size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  if (digits.size() > 1) digits.erase(1, 1);  // the point
  int exponent = 0;
  const char* exponent_begin = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(exponent_begin, end, exponent);
  if (std::signbit(number)) out += '-';
  const int point = exponent + 1;  // digits before it
  const auto count = static_cast<int>(digits.size());
  if (point < kPointMin || point > kPointMax) {
    out += digits.front();
    if (count > 1) out.append(".").append(digits, 1);
    out += text.substr(e);
  } else if (point <= 0) {
    out.append("0.").append(static_cast<size_t>(-point), '0').append(digits);
  } else if (count <= point) {
    out.append(digits).append(static_cast<size_t>(point - count), '0').append(".0");
  } else {
    const auto before = static_cast<size_t>(point);
    out.append(digits, 0, before).append(".").append(digits, before);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

void JsonWriter::begin_string() {
  separate();
  text_ += '"';
}

void JsonWriter::string_part(std::string_view text) { append_escaped(text_, text); }

void JsonWriter::end_string() { text_ += '"'; }

void JsonWriter::name(std::string_view name) {
  ECHOD_CHECK(!behind_name_ && !levels_.empty());
  separate();
  append_json_string(text_, name);
  text_ += on_lines() ? ": " : ":";
  behind_name_ = true;
}

void JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(text_, text);
}

void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  append_number(text_, number);
}

void JsonWriter::ascii(std::string_view bytes) {
  separate();
  text_ += '"';
  while (!bytes.empty()) {
    size_t size = utf8_character_size(bytes);
    if (size == 0) {
      append_u_escape(text_, 0xfffd);
      size = utf8_broken_size(bytes);
    } else if (size > 1) {
      append_ascii(text_, bytes.substr(0, size));
    } else if (bytes.front() == '\b' || bytes.front() == '\f') {
      text_ += bytes.front() == '\b' ? "\\b" : "\\f";
    } else {
      append_escaped(text_, bytes.substr(0, 1));
    }
    bytes.remove_prefix(size);
  }
  text_ += '"';
}

void JsonWriter::literal(std::string_view json) {
  separate();
  text_ += json;
}

std::string JsonWriter::take() {
  ECHOD_CHECK(levels_.empty());
  return std::exchange(text_, {});
}

void JsonWriter::begin(char sign) {
  separate();
  text_ += sign;
  levels_.push_back(false);
}

void JsonWriter::end(char sign) {
  ECHOD_CHECK(!levels_.empty() && !behind_name_);
  const bool has_members = levels_.back();
  const bool line = has_members && on_lines();
  levels_.pop_back();
  if (line) new_line();
  text_ += sign;
}

void JsonWriter::separate() {
  if (std::exchange(behind_name_, false) || levels_.empty()) return;
  if (levels_.back()) text_ += ',';
  levels_.back() = true;
  if (on_lines()) new_line();
}

void JsonWriter::new_line() {
  text_ += '\n';
  text_ += line_begin_;
  text_.append(indent_ * levels_.size(), ' ');
}

}  // namespace echod
