// The output of --help and --help-all, and the texts that they share with the documents and the
// completions: an option's names, default and valid values.
#pragma once

#include <string>
#include <vector>

#include "app/cli/option.h"

namespace echod {

// The most-used options, and a pointer to the others. All options if there are few.
std::string short_help(const Verb& verb, const OptionTable& table);

// All options except hidden ones, by group.
std::string full_help(const Verb& verb, const OptionTable& table);

// "-w, --workers", "--[no-]pin", or the placeholder of a positional argument: "FILE...".
std::string names_of(const Option& option);

// The placeholder of the value: "N", "auto|off|DURATION". Empty for flags.
std::string placeholder_of(const Option& option);

// "5m", "auto (50us)", "one per CPU". Empty: no default to show.
std::string default_of(const Option& option);

// The valid values, if the type does not imply them: "1 to 10000", "auto|local|hash". Or nothing.
std::string takes_of(const Option& option);

// Long names with dashes, including hidden options and negated flags.
std::vector<std::string> option_names(const OptionTable& table);

}  // namespace echod
