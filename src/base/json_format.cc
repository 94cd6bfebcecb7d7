// A state machine over single bytes, but for the runs of a string's ordinary bytes.
#include "base/json_format.h"

#include <algorithm>

namespace echod {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_ordinary(char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; }

}  // namespace

bool JsonFormatter::feed(std::string_view text, std::string& out) {
  while (!text.empty()) {
    if (state_ == State::kString) {
      const auto end = std::ranges::find_if_not(text, is_ordinary);
      const auto size = static_cast<size_t>(end - text.begin());
      out += text.substr(0, size);
      text.remove_prefix(size);
      if (text.empty()) break;
    }
    if (!step(text.front(), out)) return false;
    text.remove_prefix(1);
  }
  return true;
}

bool JsonFormatter::complete() const {
  if (depth_ > 0) return false;
  switch (state_) {
    case State::kAfterValue:
    case State::kZero:
    case State::kInteger:
    case State::kFraction:
    case State::kExponentDigits:
      return true;
    default:
      return false;
  }
}

bool JsonFormatter::step(char c, std::string& out) {
  switch (state_) {
    case State::kString:
      if (static_cast<unsigned char>(c) < 0x20) return false;
      out += c;
      if (c == '\\') state_ = State::kEscape;
      if (c == '"') end_string();
      return true;
    case State::kEscape:
      out += c;
      left_ = 4;
      state_ = c == 'u' ? State::kHex : State::kString;
      return std::string_view("\"\\/bfnrtu").find(c) != std::string_view::npos;
    case State::kHex:
      out += c;
      if (--left_ == 0) state_ = State::kString;
      return is_hex(c);
    case State::kLiteral:
      out += c;
      if (c != literal_.front()) return false;
      literal_.remove_prefix(1);
      if (literal_.empty()) state_ = State::kAfterValue;
      return true;
    case State::kMinus:
    case State::kZero:
    case State::kInteger:
    case State::kPoint:
    case State::kFraction:
    case State::kExponent:
    case State::kExponentSign:
    case State::kExponentDigits:
      return number_byte(c, out);
    default:
      break;
  }
  if (is_space(c)) return true;
  switch (state_) {
    case State::kFirstElement:
      if (c == ']') return end_level(c, out);
      new_line(out);
      return begin_value(c, out);
    case State::kFirstName:
      if (c == '}') return end_level(c, out);
      new_line(out);
      [[fallthrough]];
    case State::kName:
      in_name_ = true;
      state_ = State::kString;
      out += c;
      return c == '"';
    case State::kColon:
      out += ": ";
      state_ = State::kValue;
      return c == ':';
    case State::kAfterValue:
      return after_value(c, out);
    default:
      return begin_value(c, out);
  }
}

bool JsonFormatter::begin_value(char c, std::string& out) {
  if (c == '{' || c == '[') return begin_level(c, out);
  out += c;
  in_name_ = false;
  if (c == '"') {
    state_ = State::kString;
  } else if (c == '-') {
    state_ = State::kMinus;
  } else if (c == '0') {
    state_ = State::kZero;
  } else if (is_digit(c)) {
    state_ = State::kInteger;
  } else {
    state_ = State::kLiteral;
    if (c == 't') {
      literal_ = "rue";
    } else if (c == 'f') {
      literal_ = "alse";
    } else if (c == 'n') {
      literal_ = "ull";
    } else {
      return false;
    }
  }
  return true;
}

// Where a number may end, whatever does not go on with it is what follows.
bool JsonFormatter::number_byte(char c, std::string& out) {
  const bool digit = is_digit(c);
  const bool exponent = c == 'e' || c == 'E';
  State next = State::kAfterValue;
  switch (state_) {
    case State::kMinus:
      if (!digit) return false;
      next = c == '0' ? State::kZero : State::kInteger;
      break;
    case State::kZero:
    case State::kInteger:
      if (digit && state_ == State::kZero) return false;
      if (digit) next = State::kInteger;
      if (c == '.') next = State::kPoint;
      if (exponent) next = State::kExponent;
      break;
    case State::kPoint:
      if (!digit) return false;
      next = State::kFraction;
      break;
    case State::kFraction:
      if (digit) next = State::kFraction;
      if (exponent) next = State::kExponent;
      break;
    case State::kExponent:
      if (!digit && c != '+' && c != '-') return false;
      next = digit ? State::kExponentDigits : State::kExponentSign;
      break;
    case State::kExponentSign:
      if (!digit) return false;
      next = State::kExponentDigits;
      break;
    default:
      if (digit) next = State::kExponentDigits;
      break;
  }
  state_ = next;
  if (next == State::kAfterValue) return step(c, out);
  out += c;
  return true;
}

bool JsonFormatter::after_value(char c, std::string& out) {
  if (depth_ == 0) return false;
  if (c != ',') return end_level(c, out);
  out += c;
  new_line(out);
  state_ = is_object_[depth_ - 1] ? State::kName : State::kValue;
  return true;
}

bool JsonFormatter::begin_level(char sign, std::string& out) {
  if (depth_ == kDepthMax) return false;
  out += sign;
  is_object_[depth_++] = sign == '{';
  state_ = sign == '{' ? State::kFirstName : State::kFirstElement;
  return true;
}

bool JsonFormatter::end_level(char sign, std::string& out) {
  if (sign != (is_object_[depth_ - 1] ? '}' : ']')) return false;
  const bool empty = state_ != State::kAfterValue;
  --depth_;
  if (!empty) new_line(out);
  out += sign;
  state_ = State::kAfterValue;
  return true;
}

void JsonFormatter::new_line(std::string& out) const {
  out += '\n';
  out.append(indent_ * (outer_levels_ + depth_), ' ');
}

void JsonFormatter::end_string() {
  state_ = in_name_ ? State::kColon : State::kAfterValue;
  in_name_ = false;
}

}  // namespace echod
