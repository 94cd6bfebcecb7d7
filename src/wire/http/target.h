// The parts of a request's target (RFC 9112 section 3.2, RFC 3986), and what its query says. The
// views point into the target.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace echod::wire {

struct TargetParts {
  std::string_view path;   // from its "/" to the "?"; "*" or an authority where there is none
  std::string_view query;  // behind the "?", maybe empty
  bool has_query = false;
};

// Of an absolute-form ("http://host/path?query") only the path and query are looked at: whom it was
// meant for is known already. Its path may be empty, which is "/".
TargetParts split_target(std::string_view target);

// `text` with each "%XX" replaced by its byte; with `plus_is_space` also "+" by a space, as HTML
// forms write it. Nothing where a "%" is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space = false);

// An argument of a query or of a form's body, as it came.
struct RawArgument {
  std::string_view name;
  std::string_view value;
};

// Takes the next argument from the front of `query`, "a=1&b=2&a": one without "=" has an empty
// value; nothing between two "&" is no argument. Nothing: there is no more.
std::optional<RawArgument> next_argument(std::string_view& query);

// A name or a value of an argument, decoded as forms write it; what cannot be decoded is kept as it
// came.
std::string form_decoded(std::string_view text);

// The same in place, in a buffer that the caller may write to; the result is a front part of it.
std::string_view form_decode_in_place(std::span<char> text);

// The arguments of a query in their order with their duplicates, decoded.
using QueryArguments = std::vector<std::pair<std::string, std::string>>;
QueryArguments query_arguments(std::string_view query);

// The value of the first argument called `name`, decoded; nothing where there is none. Holds
// nothing of the others.
std::optional<std::string> query_argument(std::string_view query, std::string_view name);

}  // namespace echod::wire
