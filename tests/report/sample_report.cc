// Prints the report of a made-up run of the load tester, `sample_report FORMAT [SEED]`: for the
// tests that give reports to other programs (a JSON Schema validator, HdrHistogram, a browser).
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "app/bench/bench_test_util.h"
#include "app/bench/hlog.h"
#include "app/bench/report_json.h"
#include "app/bench/report_text.h"

int main(int argc, char** argv) {
  const std::string_view format = argc > 1 ? argv[1] : "";
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const echod::BenchResult result = echod::sample_result(seed);
  echod::BenchResult empty;
  empty.plan.loop = "closed";
  std::string text;
  if (format == "json") text = echod::json_report(result);
  if (format == "json-empty") text = echod::json_report(empty);
  if (format == "text") text = echod::text_report(result);
  if (format == "hlog") text = echod::hlog_report(result);
  if (text.empty()) {
    std::fprintf(stderr, "usage: sample_report json|json-empty|text|hlog [SEED]\n");
    return 2;
  }
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
