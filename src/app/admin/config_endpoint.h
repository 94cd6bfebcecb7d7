// /config: the settings in effect.
#pragma once

#include <string_view>

#include "http/responder.h"

namespace echod {

// {"NAME": {"value", "origin", "place"}, ...}: each option of the server with its value as text (a
// list of texts for an option that may be repeated, null if there is none), where it comes from
// (default, file, environment, command line), and the exact place if it is not the default. Values
// that are credentials are redacted.
Task<http::BodyEnd> answer_config(http::Responder& responder, std::string_view argument);

}  // namespace echod
