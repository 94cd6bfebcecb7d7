// What holds for every result that the load tester read from a file, whoever wrote it.
#pragma once

#include <string>
#include <vector>

#include "app/bench/compare/compare_statistics.h"
#include "app/bench/compare/merge.h"
#include "app/bench/report/hlog.h"
#include "app/bench/report/report_html.h"
#include "app/bench/report/report_json.h"
#include "app/bench/report/report_text.h"
#include "base/check.h"

namespace echod::fuzz {

// It can be written and read again without change, shown, and added up.
inline void check_result(const BenchResult& result) {
  const std::string json = json_report(result);
  const auto again = parse_json_report(json);
  ECHOD_CHECK(again);
  ECHOD_CHECK(json_report(*again) == json);
  ECHOD_CHECK(!text_report(result).empty());
  ECHOD_CHECK(!html_report(result).empty());
  std::vector<std::string> notes;
  const BenchResult sum = merge_results({result, *again}, notes);
  ECHOD_CHECK(parse_json_report(json_report(sum)));
}

}  // namespace echod::fuzz
