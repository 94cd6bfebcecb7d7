// The command line of `echod bench` and of its verbs.
#pragma once

#include <string>
#include <variant>

#include "app/bench/bench_options.h"
#include "app/bench/compare/compare.h"
#include "app/bench/compare/merge.h"
#include "app/cli/command_parser.h"

namespace echod {

// What to do: run, compare or add up results, or print.
using BenchCommand =
    std::variant<BenchOptions, CompareOptions, MergeOptions, CommandParser::Ending>;

// Reads `bench [URL] [options]`, `bench compare ...` and `bench merge ...`, given from the word
// "bench" on.
BenchCommand parse_bench_command_line(int argc, const char* const* argv);

// The options of each verb: the rows of a table fill their members, which must outlive it.
Verb bench_verb();
OptionTable bench_table(BenchOptions& options);
Verb compare_verb();
OptionTable compare_table(CompareOptions& options);
Verb merge_verb();
OptionTable merge_table(MergeOptions& options);

// The same for one verb, given from the word "compare" or "merge" on.
BenchCommand parse_compare_command_line(int argc, const char* const* argv);
BenchCommand parse_merge_command_line(int argc, const char* const* argv);

}  // namespace echod
