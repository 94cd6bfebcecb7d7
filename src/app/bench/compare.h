// `echod bench compare A.json B.json`: what changed between two sets of runs, with confidence
// intervals, so that noise is not taken for a change nor a change for noise.
//
// The unit of resampling is as large as the reports allow, because latencies within one run are not
// independent of each other: whole runs where each side has at least five, else the intervals of
// the runs' time series where they kept their histograms, else single messages, which only says
// how well the run itself was sampled. The report says which it was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace echod {

struct CompareOptions {
  std::vector<std::string> base_files;  // JSON reports: what it was; at least one
  std::vector<std::string> new_files;   // what it is now; at least one
  double threshold = 0.05;              // a change for the worse of up to this share is let pass
  double confidence = 0.95;             // of the intervals, between 0.5 and 0.9999
  uint64_t seed = 1;                    // of the bootstrap: the same files give the same figures
};

// Prints the comparison on standard output. Returns the exit status: 99 when something became worse
// by more than the threshold and no change is outside its confidence interval, else 0; 1 with a
// line on standard error when a file cannot be read or is no report, 2 when the options make no
// sense.
int bench_compare(const CompareOptions& options);

}  // namespace echod
