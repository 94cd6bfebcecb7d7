// Removes credentials from a URL or an option's value before it is logged or shown. Logs are kept,
// copied and read by others; a token in a query string is the usual leak.
#pragma once

#include <string>
#include <string_view>

namespace echod {

inline constexpr std::string_view kRedacted = "REDACTED";

// `url`, a request's target in any form or a Referer, with these things replaced by kRedacted:
//
//   - user information: what stands before the last "@" of an authority, wherever one may begin:
//     behind two or more of "/" and "\\", or behind a scheme at the url's begin with any number of
//     them, since browsers read "https:/u:p@h" and "https:\\u:p@h" like "https://u:p@h"
//     ("http://user:pass@host/" becomes "http://REDACTED@host/");
//   - the values of arguments whose name is a credential's (wire::is_credential_name), in the query
//     or a fragment, up to the next "&";
//   - the value of an argument `header`, which asks for a response field, where the field's name is
//     one.
//
// When in doubt it replaces too much rather than too little: arguments may also begin behind ";",
// "?" and "#", as some parsers have it. A credential in a path is not known as one, nor within a
// value that is percent-encoded as a whole. Takes time and memory linear in the size of `url`.
std::string redacted_url(std::string_view url);

// `value`, of the option called `name`, without credentials: the value of a header ("Authorization:
// x", "Cookie=x"), user information and arguments of a URL, and the whole value if the option's own
// name is a credential's.
std::string redacted_value(std::string_view name, std::string_view value);

}  // namespace echod
