// Which protocol does a connection speak? Decided on its first bytes, never on time alone, and the
// same for every way the bytes are split into reads. On doubt the answer is raw.
//
//   first bytes                                              verdict
//   a known method, one space, a target, " HTTP/" and a digit   HTTP/1
//   a known method, one space and kDetectionSizeMax bytes of target   HTTP/1 (which answers 414)
//   anything else                                            raw, at the first byte that cannot fit
//
// A method is one of RFC 9110's (GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE), PATCH (RFC 5789)
// or QUERY. A target starts with "/", "*", or a letter (absolute-form and CONNECT's authority-form,
// RFC 9112 section 3.2) and holds visible ASCII only; it must be "*" alone, start with "/", or hold
// a ":" before the space (and before kDetectionSizeMax). So "GET /etc/passwd please\n" and "POST a
// letter\n" are raw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace echod::wire {

enum class Protocol : uint8_t { kUndecided, kRaw, kHttp1 };

// A request line whose target reaches this many bytes is taken for HTTP/1 without its version.
inline constexpr size_t kDetectionSizeMax = 8192;

// A state machine over single bytes. Use one for each connection; it holds no memory but itself.
class Detector {
 public:
  // Looks at the bytes that follow those of earlier calls. kUndecided asks for more; any other
  // answer is final, and further calls repeat it.
  Protocol feed(std::span<const std::byte> bytes);

  // The verdict when no more bytes can be waited for (the deadline passed or the peer finished
  // sending): kRaw unless already decided.
  Protocol give_up();

 private:
  enum class State : uint8_t { kMethod, kTargetStart, kTarget, kVersion };
  enum class TargetForm : uint8_t { kPath, kAsterisk, kLetters, kLettersAndColon };

  Protocol step(unsigned char byte);
  Protocol method_byte(unsigned char byte);
  Protocol target_start_byte(unsigned char byte);
  Protocol target_byte(unsigned char byte);
  Protocol version_byte(unsigned char byte);

  Protocol verdict_ = Protocol::kUndecided;
  State state_ = State::kMethod;
  TargetForm form_ = TargetForm::kPath;
  uint16_t methods_left_ = UINT16_MAX;  // bit i: method i of the table still fits the bytes so far
  uint16_t position_ = 0;               // bytes seen of the current part of the line
};

}  // namespace echod::wire
