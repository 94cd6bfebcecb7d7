// A result of the load tester as a self-contained web page: it needs no network and no other files,
// and is readable from file://, on a phone, on paper, in a light or dark scheme, and without its
// charts as tables. The page is report.html beside this file, which is compiled in; its script
// draws the charts from the JSON report in the page.
#pragma once

#include <string>

#include "app/bench/bench_result.h"

namespace echod {

// No text in `result` can become markup or script: it is escaped, and the page's Content Security
// Policy allows only its own script.
std::string html_report(const BenchResult& result);

}  // namespace echod
