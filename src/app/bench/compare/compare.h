// `echod bench compare A.json B.json`: what changed between two sets of runs, with confidence
// intervals, so that noise is not taken for a change nor a change for noise. How they are computed
// is in compare_statistics.h; the output says which way it was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace echod {

struct CompareOptions {
  std::vector<std::string> base_files;  // JSON reports: what it was; at least one
  std::vector<std::string> new_files;   // what it is now; at least one
  double threshold = 0.05;              // changes for the worse of up to this share are let pass
  double confidence = 0.95;             // of the intervals, between 0.5 and 0.9999
  uint64_t seed = 1;                    // of the bootstrap: the same files give the same figures
};

// Prints the comparison on standard output. Returns the exit status: 99 when the rate, a latency or
// the errors became worse by more than the threshold and the confidence interval excludes that
// nothing changed, else 0; 1 with a line on standard error when a file cannot be read or is no
// report, 2 when the options make no sense.
int bench_compare(const CompareOptions& options);

}  // namespace echod
