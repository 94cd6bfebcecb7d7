// Protocol detection. It uses only a connection's first bytes, never time alone, and does not
// depend on how the bytes are split into reads. Ambiguous input is raw.
//
//   first bytes                                              result
//   a listed method, one space, a target, " HTTP/" and a digit   HTTP/1
//   a listed method, one space and kDetectionSizeMax bytes of target   HTTP/1
//   anything else                                            raw, at the first byte that cannot fit
//
// The listed methods are kDetectedMethods. A target starts with "/", "*", or a letter
// (absolute-form and CONNECT's authority-form, RFC 9112 section 3.2) and holds no spaces or control
// characters; it must be "*" alone, start with "/", or hold a ":" before the space (and before
// kDetectionSizeMax). So "GET /etc/passwd please\n" and "POST a letter\n" are raw.
//
// Two rules apply only to the bytes of the first read (detect_at_once()):
//
//   a whole request line, "TOKEN TARGET HTTP/1.1\r\n"         HTTP/1, whatever the token
//   a single byte with which only rare methods begin         raw, so that its echo need not wait
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace echod::wire {

// The result of detection; protocol/detect.cc maps it to a Protocol.
enum class Detected : uint8_t { kUndecided, kRaw, kHttp1 };

// IANA's registry of HTTP methods (except PRI, which begins HTTP/2), and the methods of caches and
// UPnP.
inline constexpr std::array<std::string_view, 49> kDetectedMethods = {
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "QUERY",
    "ACL",
    "BAN",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "COPY",
    "LABEL",
    "LINK",
    "LOCK",
    "M-SEARCH",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "NOTIFY",
    "ORDERPATCH",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "REBIND",
    "REFRESH",
    "REPORT",
    "SEARCH",
    "SOURCE",
    "SUBSCRIBE",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UNSUBSCRIBE",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
    "FASTPURGE",
    "PURGEALL",
};
inline constexpr size_t kCommonMethods = 10;  // the first of kDetectedMethods

// A request line whose target reaches this many bytes is HTTP/1, even before its version is seen.
inline constexpr size_t kDetectionSizeMax = 8192;

// A state machine over single bytes. Use one for each connection; it allocates nothing.
class Detector {
 public:
  // Examines the bytes that follow those of earlier calls. kUndecided asks for more; any other
  // result is final, and later calls repeat it.
  Detected feed(std::span<const std::byte> bytes);

  // The result if no more bytes will come (the deadline passed or the peer finished sending): kRaw
  // unless already decided.
  Detected finish();

 private:
  enum class State : uint8_t { kMethod, kTargetStart, kTarget, kVersion };
  enum class TargetForm : uint8_t { kPath, kAsterisk, kLetters, kLettersAndColon };

  Detected step(unsigned char byte);
  Detected method_byte(unsigned char byte);
  Detected target_start_byte(unsigned char byte);
  Detected target_byte(unsigned char byte);
  Detected version_byte(unsigned char byte);

  Detected verdict_ = Detected::kUndecided;
  State state_ = State::kMethod;
  TargetForm form_ = TargetForm::kPath;
  uint64_t methods_left_ = UINT64_MAX;  // bit i: method i of the table still fits the bytes so far
  uint16_t position_ = 0;               // bytes seen of the current part of the line
};

// Applies the rules for `first`, all bytes of the first read. kUndecided: feed the bytes to a
// Detector.
Detected detect_at_once(std::span<const std::byte> first);

}  // namespace echod::wire
