// Lays out a JSON text (RFC 8259) anew, each member and element on a line of its own: white space
// is all that changes, so numbers, strings and the order of members are what they were. Sans I/O
// and in pieces, so that a text can be checked and written a little at a time: JSON libraries read
// a text in one go, and turn numbers into doubles, which many numbers are not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace echod {

class JsonFormatter {
 public:
  static constexpr size_t kDepthMax = 100;  // objects and arrays in each other

  // `indent`: spaces for each level. `outer_levels`: levels that the text stands in already.
  explicit JsonFormatter(size_t indent, size_t outer_levels = 0)
      : indent_(indent), outer_levels_(outer_levels) {}

  // More of the text, whose layout is appended to `out`: at most 2 + `indent` * levels bytes for
  // each byte given. False: it is not JSON, or deeper than kDepthMax; no further call. That the
  // text is UTF-8 is not looked at.
  bool feed(std::string_view text, std::string& out);

  // Whether what was given is one whole value. A number at the text's end is complete by that.
  bool complete() const;

 private:
  enum class State : uint8_t {
    kValue,         // a value must follow
    kFirstElement,  // a value or "]"
    kFirstName,     // a name or "}"
    kName,          // a name must follow
    kColon,         // ":" must follow
    kAfterValue,    // "," or the end of the level, or at the outermost level nothing
    kString,        // in a string
    kEscape,        // behind its backslash
    kHex,           // in a \uXXXX
    kLiteral,       // in true, false or null
    kMinus,         // the parts of a number, by what came last
    kZero,
    kInteger,
    kPoint,
    kFraction,
    kExponent,
    kExponentSign,
    kExponentDigits,
  };

  bool step(char c, std::string& out);
  bool begin_value(char c, std::string& out);
  bool number_byte(char c, std::string& out);
  bool after_value(char c, std::string& out);
  bool begin_level(char sign, std::string& out);
  bool end_level(char sign, std::string& out);
  void new_line(std::string& out) const;
  void end_string();

  size_t indent_;
  size_t outer_levels_;
  State state_ = State::kValue;
  bool in_name_ = false;           // the string is a member's name
  uint8_t left_ = 0;               // of kHex: digits to come
  std::string_view literal_ = {};  // of kLiteral: what must follow
  size_t depth_ = 0;
  std::array<bool, kDepthMax> is_object_ = {};
};

}  // namespace echod
