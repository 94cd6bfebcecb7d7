// The parts of a request's target (RFC 9112 section 3.2, RFC 3986), and what its query says. The
// views point into the target.
#pragma once

#include <optional>
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

// The arguments of a query, "a=1&b=2&a", in their order with their duplicates: names and values
// decoded as forms write them. An argument that cannot be decoded is kept as it came; one without
// "=" has an empty value; nothing between two "&" is no argument.
using QueryArguments = std::vector<std::pair<std::string, std::string>>;
QueryArguments query_arguments(std::string_view query);

}  // namespace echod::wire
