// Where the RFCs allow lax or strict parsing, these functions are strict: they reject whatever two
// parsers could interpret differently.
#include "wire/http/syntax.h"

#include <algorithm>

#include "base/check.h"

namespace echod::wire {
namespace {

constexpr bool is_letter(unsigned char byte) {
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

unsigned char lower(unsigned char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + ('a' - 'A')) : byte;
}

bool is_hex_digit(unsigned char byte) {
  return is_digit(byte) || (lower(byte) >= 'a' && lower(byte) <= 'f');
}

void skip_whitespace(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

// The bytes between the brackets of an IPv6 literal. The address is not parsed, since the server
// never connects to it; it only must not contain anything else.
bool is_ipv6_body(std::string_view text) {
  return text.contains(':') && std::ranges::all_of(text, [](char c) {
           return c == ':' || c == '.' || is_hex_digit(static_cast<unsigned char>(c));
         });
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  uint32_t port = 0;
  for (const char c : text) {
    if (!is_digit(static_cast<unsigned char>(c))) return false;
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  return port <= 65535;
}

// SCHEME "://" AUTHORITY [PATH] ["?" QUERY]. The authority is required: without it "localhost:80"
// would be a URI with the scheme "localhost" instead of an authority for CONNECT.
bool is_absolute_form(std::string_view target) {
  const size_t scheme_size = target.find("://");
  if (scheme_size == std::string_view::npos) return false;
  const std::string_view scheme = target.substr(0, scheme_size);
  if (scheme.empty() || !is_letter(static_cast<unsigned char>(scheme.front()))) return false;
  const bool scheme_valid = std::ranges::all_of(scheme, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return is_letter(byte) || is_digit(byte) || c == '+' || c == '-' || c == '.';
  });
  if (!scheme_valid) return false;
  const std::string_view rest = target.substr(scheme_size + 3);
  return is_host(rest.substr(0, rest.find_first_of("/?")));
}

// Removes a quoted string, whose opening quote is at the front.
bool consume_quoted_string(std::string_view& text) {
  ECHOD_CHECK(text.starts_with('"'));
  size_t i = 1;
  while (i < text.size()) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    const size_t size = byte == '\\' ? 2 : 1;
    if (i + size > text.size()) return false;
    if (!all_in_class(text.substr(i, size), CharClass::kValue)) return false;
    i += size;
  }
  return false;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && all_in_class(text, CharClass::kToken);
}

bool internal::equal_in_lower_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) {
    return lower(static_cast<unsigned char>(a)) == lower(static_cast<unsigned char>(b));
  });
}

std::string_view trim(std::string_view text) {
  skip_whitespace(text);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_field_value(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  const bool trimmed = text.empty() || (!is_space(text.front()) && !is_space(text.back()));
  return trimmed && all_in_class(text, CharClass::kValue);
}

std::optional<uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  uint64_t number = 0;
  for (const char c : text) {
    if (!is_digit(static_cast<unsigned char>(c))) return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (number > (UINT64_MAX - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
  }
  return number;
}

bool is_host(std::string_view text, bool port_required) {
  size_t host_size;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6_body(text.substr(1, close - 1))) return false;
    host_size = close + 1;
  } else {
    host_size = std::min(text.find(':'), text.size());
    if (host_size == 0 || !all_in_class(text.substr(0, host_size), CharClass::kHost)) return false;
  }
  const std::string_view rest = text.substr(host_size);
  if (rest.empty()) return !port_required;
  if (rest.front() != ':') return false;
  // RFC 3986 allows "example.com:"; CONNECT needs the number (RFC 9110 section 9.3.6).
  if (rest.size() == 1) return !port_required;
  return is_port(rest.substr(1));
}

bool is_target_of(std::string_view method, std::string_view target) {
  if (target.contains('#')) return false;  // a fragment is never sent to a server
  if (method == "CONNECT") return is_host(target, /*port_required=*/true);
  if (target == "*") return method == "OPTIONS";
  return target.starts_with('/') || is_absolute_form(target);
}

std::string_view consume_member(std::string_view& list) {
  const size_t size = std::min(list.find(','), list.size());
  const std::string_view member = list.substr(0, size);
  list.remove_prefix(std::min(size + 1, list.size()));
  return trim(member);
}

std::string_view consume_token(std::string_view& text) {
  size_t size = 0;
  while (size < text.size() &&
         in_class(static_cast<unsigned char>(text[size]), CharClass::kToken)) {
    ++size;
  }
  const std::string_view token = text.substr(0, size);
  text.remove_prefix(size);
  return token;
}

bool consume_parameters(std::string_view& text) {
  for (;;) {
    std::string_view rest = text;
    skip_whitespace(rest);
    if (!rest.starts_with(';')) return true;
    rest.remove_prefix(1);
    skip_whitespace(rest);
    if (consume_token(rest).empty() || !rest.starts_with('=')) return false;
    rest.remove_prefix(1);
    const bool value_valid =
        rest.starts_with('"') ? consume_quoted_string(rest) : !consume_token(rest).empty();
    if (!value_valid) return false;
    text = rest;
  }
}

}  // namespace echod::wire
