// Reads the body of a change of options: a JSON object of option names and values.
//
//   {"max-body": "32MiB", "max-waiting": 100, "response-control": true,
//    "allow-redirect": ["a.example", "b.example"]}
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/live_options.h"

namespace echod {

// A value is a string, as typed on the command line, a number, a boolean, or for a list an array of
// these. Anything else (nested values, null, a name twice, an empty object) is an error; the text
// is for people.
std::expected<std::vector<GivenSetting>, std::string> parse_limits_json(std::string_view text);

}  // namespace echod
