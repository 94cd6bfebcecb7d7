// Each byte moves the detector one step, so the result cannot depend on how reads split the bytes.
// The method is matched against all known methods in parallel: one bit each, cleared at the first
// byte that differs.
#include "wire/detect.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

constexpr auto& kMethods = kDetectedMethods;
static_assert(kMethods.size() < 64);            // the bits of methods_left_
static_assert(kDetectionSizeMax < UINT16_MAX);  // counted in position_

constexpr std::string_view kVersionStart = "HTTP/";

bool is_letter(unsigned char byte) {
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

bool is_target_byte(unsigned char byte) { return byte > 0x20 && byte != 0x7f; }

}  // namespace

Detected Detector::feed(std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) {
    if (verdict_ != Detected::kUndecided) break;
    verdict_ = step(static_cast<unsigned char>(byte));
  }
  return verdict_;
}

Detected Detector::finish() {
  if (verdict_ == Detected::kUndecided) verdict_ = Detected::kRaw;
  return verdict_;
}

Detected Detector::step(unsigned char byte) {
  switch (state_) {
    case State::kMethod:
      return method_byte(byte);
    case State::kTargetStart:
      return target_start_byte(byte);
    case State::kTarget:
      return target_byte(byte);
    case State::kVersion:
      return version_byte(byte);
  }
  return Detected::kRaw;
}

Detected Detector::method_byte(unsigned char byte) {
  for (size_t i = 0; i < kMethods.size(); ++i) {
    // The space after the method matches the end of a name in the table.
    const bool at_end = position_ == kMethods[i].size();
    const bool fits = position_ < kMethods[i].size()
                          ? byte == static_cast<unsigned char>(kMethods[i][position_])
                          : at_end && byte == ' ';
    if (!fits) methods_left_ &= ~(uint64_t{1} << i);
  }
  constexpr uint64_t kAll = (uint64_t{1} << kMethods.size()) - 1;
  if ((methods_left_ & kAll) == 0) return Detected::kRaw;
  ++position_;
  if (byte == ' ') state_ = State::kTargetStart;
  return Detected::kUndecided;
}

Detected Detector::target_start_byte(unsigned char byte) {
  if (byte == '/') {
    form_ = TargetForm::kPath;
  } else if (byte == '*') {
    form_ = TargetForm::kAsterisk;
  } else if (is_letter(byte)) {
    form_ = TargetForm::kLetters;
  } else {
    return Detected::kRaw;
  }
  position_ = 1;
  state_ = State::kTarget;
  return Detected::kUndecided;
}

Detected Detector::target_byte(unsigned char byte) {
  if (byte == ' ') {
    if (form_ == TargetForm::kLetters) return Detected::kRaw;
    position_ = 0;
    state_ = State::kVersion;
    return Detected::kUndecided;
  }
  if (!is_target_byte(byte) || form_ == TargetForm::kAsterisk) return Detected::kRaw;
  if (byte == ':' && form_ == TargetForm::kLetters) form_ = TargetForm::kLettersAndColon;
  ++position_;
  if (position_ < kDetectionSizeMax) return Detected::kUndecided;
  return form_ == TargetForm::kLetters ? Detected::kRaw : Detected::kHttp1;
}

Detected Detector::version_byte(unsigned char byte) {
  if (position_ == kVersionStart.size()) {
    return byte >= '0' && byte <= '9' ? Detected::kHttp1 : Detected::kRaw;
  }
  if (byte != static_cast<unsigned char>(kVersionStart[position_])) return Detected::kRaw;
  ++position_;
  return Detected::kUndecided;
}

namespace {

// Whether `text` begins with a whole request line.
bool begins_with_request_line(std::string_view text) {
  const std::string_view line = text.substr(0, text.find("\r\n"));
  if (line.size() == text.size()) return false;
  const size_t method_end = line.find(' ');
  const size_t target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || target_end == method_end) return false;
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  const std::string_view version = line.substr(target_end + 1);
  constexpr std::string_view kVersion = "HTTP/0.0";  // "0" stands for any digit
  const bool is_version = version.size() == kVersion.size() && version.starts_with(kVersionStart) &&
                          is_digit(static_cast<unsigned char>(version[5])) && version[6] == '.' &&
                          is_digit(static_cast<unsigned char>(version[7]));
  return is_version && is_token(line.substr(0, method_end)) && !target.empty() &&
         all_in_class(target, CharClass::kTarget);
}

}  // namespace

Detected detect_at_once(std::span<const std::byte> first) {
  const std::string_view text(reinterpret_cast<const char*>(first.data()), first.size());
  if (begins_with_request_line(text)) return Detected::kHttp1;
  if (text.size() != 1) return Detected::kUndecided;
  const bool common =
      std::ranges::any_of(std::span(kMethods).first(kCommonMethods),
                          [=](std::string_view method) { return method.front() == text.front(); });
  return common ? Detected::kUndecided : Detected::kRaw;
}

}  // namespace echod::wire
