// The load tester's report for people: aligned plain text of at most 100 columns, unless the URL or
// an error is longer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/bench/bench_result.h"

namespace echod {

// With a newline at its end. Control characters in foreign text are shown as "?".
std::string text_report(const BenchResult& result);

// The parts that other reports share, without newlines.

// "Open loop, target rate 20,000 messages/s, 64 bytes, every byte verified".
std::string mode_in_words(const BenchPlan& plan);

// "50 connections on 2 threads, 100 additional idle connections".
std::string connections_in_words(const BenchPlan& plan);

// What limits the figures, a sentence each; empty when nothing does.
std::vector<std::string> warnings_of(const BenchResult& result);

// `text` without anything that could control a terminal.
std::string printable(std::string_view text);

}  // namespace echod
