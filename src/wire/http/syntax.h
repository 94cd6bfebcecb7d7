// The lexical elements of HTTP that the HTTP/1 codecs share: character classes, tokens, hosts and
// parameters. One table gives a byte's classes, so a parser can skip a run of valid bytes in a
// tight loop and examine only the byte that ends it. Nothing here depends on the locale.
#pragma once

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

bool in_class(unsigned char byte, CharClass wanted);
bool all_in_class(std::string_view text, CharClass wanted);

// How many bytes at the front of `input` belong to the class.
size_t run_length(std::span<const std::byte> input, CharClass wanted);

// Removes the first `size` bytes of `input` and returns them as text.
std::string_view consume(std::span<const std::byte>& input, size_t size);

bool is_digit(unsigned char byte);
bool is_token(std::string_view text);                                      // one tchar or more
bool equals_ignoring_case(std::string_view left, std::string_view right);  // of ASCII letters

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
