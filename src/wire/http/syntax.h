// The lexical elements of HTTP that the HTTP/1 codecs share: character classes, tokens, hosts and
// parameters. One table gives a byte's classes, so a parser can skip a run of valid bytes in a
// tight loop and examine only the byte that ends it. Nothing here depends on the locale.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace echod::wire {

// Classes of bytes; a byte can be in several. From RFC 9110 section 5.5 and 5.6.2.
enum class CharClass : uint8_t {
  kToken = 1,   // tchar: what methods, field names and codings are made of
  kTarget = 2,  // visible ASCII, and non-ASCII bytes, which some clients send unescaped
  kValue = 4,   // in a field value: HTAB, space, visible ASCII and obs-text (0x80-0xFF)
  kHost = 8,    // in a host name: letters, digits, "-", ".", "_", "~"
};

namespace internal {

constexpr uint8_t bit(CharClass wanted) { return static_cast<uint8_t>(wanted); }

constexpr uint8_t classes_of(unsigned char byte) {
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
  constexpr std::string_view kHostMarks = "-._~";
  const bool alphanumeric =
      (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
  const bool visible = byte > 0x20 && byte < 0x7f;
  uint8_t classes = 0;
  if (alphanumeric || kTokenMarks.contains(static_cast<char>(byte))) {
    classes |= bit(CharClass::kToken);
  }
  if (alphanumeric || kHostMarks.contains(static_cast<char>(byte))) {
    classes |= bit(CharClass::kHost);
  }
  // Non-ASCII bytes should be percent-encoded, but some clients send them unescaped.
  if (visible || byte >= 0x80) classes |= bit(CharClass::kTarget);
  if (visible || byte == ' ' || byte == '\t' || byte >= 0x80) classes |= bit(CharClass::kValue);
  return classes;
}

inline constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> table{};
  for (size_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = classes_of(static_cast<unsigned char>(byte));
  }
  return table;
}();

}  // namespace internal

inline bool in_class(unsigned char byte, CharClass wanted) {
  return (internal::kClasses[byte] & internal::bit(wanted)) != 0;
}

// How many bytes at the front of `input` belong to the class.
inline size_t run_length(std::span<const std::byte> input, CharClass wanted) {
  constexpr size_t kStep = 4;  // looked at together
  const auto* const bytes = reinterpret_cast<const unsigned char*>(input.data());
  size_t size = 0;
  for (; input.size() - size >= kStep; size += kStep) {
    const unsigned char* const at = bytes + size;
    const unsigned common = internal::kClasses[at[0]] & internal::kClasses[at[1]] &
                            internal::kClasses[at[2]] & internal::kClasses[at[3]];
    if ((common & internal::bit(wanted)) == 0) break;
  }
  while (size < input.size() && in_class(bytes[size], wanted)) ++size;
  return size;
}

inline bool all_in_class(std::string_view text, CharClass wanted) {
  return run_length(std::as_bytes(std::span(text)), wanted) == text.size();
}

// The same bytes as text.
inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline bool is_digit(unsigned char byte) { return byte >= '0' && byte <= '9'; }
bool is_token(std::string_view text);  // one tchar or more

namespace internal {
bool equal_in_lower_case(std::string_view left, std::string_view right);  // of the same size
}

// Whether two texts differ at most in the case of ASCII letters. Inline, since most pairs differ in
// size; and most others are written alike.
inline bool equals_ignoring_case(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  return left == right || internal::equal_in_lower_case(left, right);
}

// `text` without the spaces and tabs around it.
std::string_view trim(std::string_view text);

// Whether `text` is a valid field value: no surrounding whitespace and no control characters (RFC
// 9110 section 5.5).
bool is_field_value(std::string_view text);

// Only digits, no leading zero (parsers disagree on whether "010" is octal), at most UINT64_MAX.
std::optional<uint64_t> parse_decimal(std::string_view text);

// HOST [":" PORT] as in a Host field or an authority. Narrower than RFC 3986: no user information,
// no empty host, none of the sub-delimiters that let one host look like two ("a,b").
bool is_host(std::string_view text, bool port_required = false);

// Whether RFC 9112 section 3.2 allows the form of `target` for `method`. The caller has checked
// that its bytes are visible ASCII.
bool is_target_of(std::string_view method, std::string_view target);

// Removes the next member and its comma from `list`, a comma-separated list without quoted strings,
// and returns it; maybe empty (RFC 9110 section 5.6.1).
std::string_view consume_member(std::string_view& list);

// Removes the token at the front of `text` and returns it; maybe empty.
std::string_view consume_token(std::string_view& text);

// Removes *( OWS ";" OWS token "=" ( token / quoted-string ) ) from the front of `text`. False when
// a ";" is not followed by that.
bool consume_parameters(std::string_view& text);

}  // namespace echod::wire
