// The parts of a request target (RFC 9112 section 3.2, RFC 3986) and the arguments of its query.
// The views point into the target.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace echod::wire {

struct TargetParts {
  std::string_view path;   // from its "/" to the "?"; "*" or the authority if there is no path
  std::string_view query;  // after the "?", maybe empty
  bool has_query = false;
};

// Ignores the authority of an absolute-form target ("http://host/path?query"). An empty path is
// "/".
TargetParts split_target(std::string_view target);

// Decodes each "%XX" in `text` and, with `plus_is_space`, each "+" to a space, as in HTML forms.
// Nothing if a "%" is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space = false);

// An argument of a query or a form, as received.
struct RawArgument {
  std::string_view name;
  std::string_view value;
};

// Removes the next argument from the front of `query` ("a=1&b=2&a") and returns it. One without "="
// has an empty value; an empty part between two "&" is skipped. Nothing: there are no more.
std::optional<RawArgument> next_argument(std::string_view& query);

// Decodes a form-encoded name or value. What cannot be decoded is kept as received.
std::string form_decoded(std::string_view text);

// Decodes in place, in a writable buffer; the result is a prefix of it.
std::string_view form_decode_in_place(std::span<char> text);

// The decoded arguments of a query in order, including duplicates.
using QueryArguments = std::vector<std::pair<std::string, std::string>>;
QueryArguments query_arguments(std::string_view query);

// The decoded value of the first argument called `name`; nothing if there is none. Stores no other
// argument.
std::optional<std::string> query_argument(std::string_view query, std::string_view name);

}  // namespace echod::wire
