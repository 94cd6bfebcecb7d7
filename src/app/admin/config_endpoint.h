// /config: the settings in effect.
#pragma once

#include <string>
#include <string_view>

#include "http/responder.h"

namespace echod {

// {"NAME": {"value", "origin", "place"}, ...}: each option of the server with its value as text (a
// list of texts for an option that may be repeated, null if there is none), where it comes from
// (default, file, environment, command line), and the exact place if it is not the default. Values
// that are credentials are redacted.
Task<http::BodyEnd> answer_config(http::Responder& responder, std::string_view argument);

// `value`, of the option called `name`, without credentials: the value of a header ("Authorization:
// x", "Cookie=x"), user information and arguments of a URL, and the whole value if the option's own
// name is a credential's.
std::string redacted_value(std::string_view name, std::string_view value);

}  // namespace echod
