// Writes a JSON text (RFC 8259) into a string, member by member. All JSON that echod writes goes
// through it: responses, log lines and reports.
//
//   JsonWriter json(2);
//   json.begin_object();
//   json.member("name", "value");
//   json.name("list");
//   json.begin_array();
//   ...
//
// It builds no tree of values as nlohmann-json does, whose destruction allocates, and ends the
// process if that fails: no client may be able to cause that. This one throws std::bad_alloc while
// it writes, like any string.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace echod {

class JsonWriter {
 public:
  // `indent`: spaces for each level, each member and element on a line of its own; 0: all on one
  // line without spaces. `line_begin` stands at the begin of each line but the first. Objects and
  // arrays nested deeper than `line_depth_max` levels are on one line, as with an indent of 0.
  explicit JsonWriter(unsigned indent, std::string_view line_begin = {},
                      size_t line_depth_max = SIZE_MAX)
      : indent_(indent), line_begin_(line_begin), line_depth_max_(line_depth_max) {}

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }

  // The name of an object's next member; its value must follow.
  void name(std::string_view name);

  // `text` is UTF-8; control characters are escaped.
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool truth) { literal(truth ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  void value(T number) {
    literal(std::to_string(number));
  }
  // The shortest decimal that is read back as the same number, always with a "." or an exponent;
  // null where it is infinite or NaN, which JSON does not have.
  void value(double number);
  void null() { literal("null"); }

  // A string of ASCII alone, whatever the bytes: beyond ASCII as \uXXXX, what is not UTF-8 as
  // \ufffd. C1 controls, which some terminals obey, are harmless so.
  void ascii(std::string_view bytes);

  // A string value in parts: begin_string(), any number of string_part(), end_string().
  void begin_string();
  void string_part(std::string_view text);
  void end_string();

  // A value that is JSON already.
  void literal(std::string_view json);

  // The same in parts, appended to the text as they are: begin_literal(), then literal_text().
  void begin_literal() { separate(); }
  std::string& literal_text() { return text_; }

  template <typename T>
  void member(std::string_view its_name, const T& its_value) {
    name(its_name);
    value(its_value);
  }

  // How many objects and arrays are open.
  size_t depth() const { return levels_.size(); }

  // What was written since the last drop_text(). For a text that is passed on in parts.
  const std::string& text() const { return text_; }
  void drop_text() { text_.clear(); }

  // All of it, once nothing is open any more.
  std::string take();

 private:
  void begin(char sign);
  void end(char sign);
  void separate();  // what stands before a value or a name
  void new_line();

  bool on_lines() const { return indent_ > 0 && levels_.size() <= line_depth_max_; }

  unsigned indent_;
  std::string_view line_begin_;
  size_t line_depth_max_;
  std::string text_;          // not passed on yet
  std::vector<bool> levels_;  // of each object or array that is open: whether it has a member yet
  bool behind_name_ = false;
};

// `text`, which is UTF-8, as a JSON string with its quotes, appended to `out`.
void append_json_string(std::string& out, std::string_view text);

}  // namespace echod
