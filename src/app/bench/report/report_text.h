// What a person reads when the load tester is done: aligned plain text, at most 100 columns as long
// as the URL and the errors are not longer themselves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/bench/bench_result.h"

namespace echod {

// With a newline at its end. Control characters in what others sent or typed are shown as "?".
std::string text_report(const BenchResult& result);

// The parts that other reports share, without newlines.

// "Open loop, 20,000 messages/s asked for, 64 bytes, every byte verified".
std::string mode_in_words(const BenchPlan& plan);

// "50 connections on 2 threads, 100 idle ones besides".
std::string connections_in_words(const BenchPlan& plan);

// What a reader must know before believing the figures, a sentence each; empty when all is well.
std::vector<std::string> warnings_of(const BenchResult& result);

// `text` without what could control a terminal.
std::string printable(std::string_view text);

}  // namespace echod
