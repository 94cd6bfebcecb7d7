// A result of the load tester as one web page that needs nothing else: no network, no other files,
// readable from file://, on a phone, on paper, in a light or dark scheme, and as tables without
// its charts. The page is report.html beside this file, which is compiled in; its script draws the
// charts from the JSON report that the page carries.
#pragma once

#include <string>

#include "app/bench/bench_result.h"

namespace echod {

// No text in `result` can become markup or script: it is escaped, and the page's Content Security
// Policy lets nothing run but its own script.
std::string html_report(const BenchResult& result);

}  // namespace echod
