// The only user of CLI11, which takes seconds to compile: splits the arguments and reads the
// environment. command_parser.h interprets the values and decides their precedence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/cli/option.h"

namespace echod {

// The values of one option, as typed; at least one.
struct GivenValues {
  const Option* option;  // of the table
  bool is_variable;      // from the environment; false: from the command line
  std::vector<std::string> values;
};

struct ParsedArguments {
  enum class Outcome : uint8_t {
    kOptions,    // `given`
    kHelp,       // --help
    kHelpAll,    // --help-all
    kVersion,    // --version
    kUnknown,    // `text` is the first unknown argument
    kNoValue,    // `text` is the option without its value: "--listen"
    kMalformed,  // `text` says what is wrong
  };

  Outcome outcome = Outcome::kOptions;
  std::vector<GivenValues> given;  // in the table's order; only options that were given
  std::string text;
};

// An environment variable is read if the command line lacks its option; an empty one counts as
// unset. `table` must outlive the result.
ParsedArguments parse_arguments(const Verb& verb, const OptionTable& table, int argc,
                                const char* const* argv);

}  // namespace echod
