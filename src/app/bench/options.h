// The command line of `echod bench` and of its verbs.
#pragma once

#include <string>
#include <variant>

#include "app/bench/bench_options.h"
#include "app/bench/compare/compare.h"
#include "app/bench/compare/merge.h"
#include "app/command_parser.h"

namespace echod {

// What to do: run, compare or add up results, or print.
using BenchCommand =
    std::variant<BenchOptions, CompareOptions, MergeOptions, CommandParser::Ending>;

// Reads `bench [URL] [options]`, `bench compare ...` and `bench merge ...`, given from the word
// "bench" on.
BenchCommand parse_bench_command_line(int argc, const char* const* argv);

}  // namespace echod
