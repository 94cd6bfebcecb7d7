#include "base/json_writer.h"

#include <utility>

#include "base/check.h"

namespace echod {

namespace {

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
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
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
    } else {
      out += c;
    }
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
  text_ += indent_ > 0 ? ": " : ":";
  behind_name_ = true;
}

void JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(text_, text);
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
  levels_.pop_back();
  if (has_members) new_line();
  text_ += sign;
}

void JsonWriter::separate() {
  if (std::exchange(behind_name_, false) || levels_.empty()) return;
  if (levels_.back()) text_ += ',';
  levels_.back() = true;
  new_line();
}

void JsonWriter::new_line() {
  if (indent_ == 0) return;
  text_ += '\n';
  text_ += line_begin_;
  text_.append(indent_ * levels_.size(), ' ');
}

}  // namespace echod
