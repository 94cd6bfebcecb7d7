// `echod bench merge FILE...`: adds up the results of several load testers that ran at the same
// time, for example on several machines, as if one had done it all. Exact: histograms are added
// counter by counter, never averaged.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "app/bench/bench_result.h"

namespace echod {

struct MergeOptions {
  std::vector<std::string> files;  // *.json reports and *.hlog logs, told apart by their content
  std::string json_file;           // empty: none; "-": standard output, instead of the text
  std::string html_file;
  std::string hlog_file;
};

// Prints the text report of the sum on standard output, and writes the files asked for. Returns
// the exit status: 0; 1 with a line on standard error when a file cannot be read, written or
// added; 2 without files.
int bench_merge(const MergeOptions& options);

// The sum. Counts, rates and processor time add up; the elapsed time is the longest one. Intervals
// add up where all results have the same; their percentiles where all kept the histograms. `notes`
// gets a sentence for each thing that does not add up well, for example runs at different times.
BenchResult merge_results(const std::vector<BenchResult>& results, std::vector<std::string>& notes);

}  // namespace echod
