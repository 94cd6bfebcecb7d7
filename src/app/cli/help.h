// What --help and --help-all show, and the words that they, the documents and the completions have
// in common: an option's names, its default and what it takes.
#pragma once

#include <string>
#include <vector>

#include "app/cli/option.h"

namespace echod {

// The options that people use, and where the others are. All of them where there are few.
std::string short_help(const Verb& verb, const OptionTable& table);

// All options but hidden ones, by groups.
std::string full_help(const Verb& verb, const OptionTable& table);

// "-w, --workers", "--[no-]pin", or what an argument with a place stands for: "FILE...".
std::string names_of(const Option& option);

// Where a value comes behind the names: "N", "auto|off|DURATION". Empty for flags.
std::string placeholder_of(const Option& option);

// "5m", "auto (50us)", "one per CPU". Empty: there is nothing to say.
std::string default_of(const Option& option);

// What values it takes, where the type does not say: "1 to 10000", "auto|local|hash". Or nothing.
std::string takes_of(const Option& option);

// Long names with their dashes, also those of hidden options and the negations of flags.
std::vector<std::string> option_names(const OptionTable& table);

}  // namespace echod
