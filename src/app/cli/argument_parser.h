// The one place that knows CLI11, which takes seconds to compile: it splits the arguments and reads
// the environment. What the values mean, and which of several counts, is command_parser.h's
// business.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/cli/option.h"

namespace echod {

// Values of one option, as typed. There is at least one.
struct GivenValues {
  const Option* option;  // of the table
  bool is_variable;      // of the environment, else of the command line
  std::vector<std::string> values;
};

struct ParsedArguments {
  enum class Outcome : uint8_t {
    kOptions,    // `given`
    kHelp,       // --help
    kHelpAll,    // --help-all
    kVersion,    // --version
    kUnknown,    // `text` is the first argument that nothing takes
    kNoValue,    // `text` is the option that lacks one: "--listen"
    kMalformed,  // `text` says what is wrong
  };

  Outcome outcome = Outcome::kOptions;
  std::vector<GivenValues> given;  // in the table's order; options that were not given are left out
  std::string text;
};

// A variable of the environment is read where the command line lacks its option; an empty one
// counts as unset. `table` must outlive the result.
ParsedArguments parse_arguments(const Verb& verb, const OptionTable& table, int argc,
                                const char* const* argv);

}  // namespace echod
