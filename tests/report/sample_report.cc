// Prints the report of a made-up run of the load tester, `sample_report FORMAT [SEED]`: for the
// tests that give reports to other programs (a JSON Schema validator, HdrHistogram, a browser).
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "app/bench/bench_test_util.h"
#include "app/bench/report/hlog.h"
#include "app/bench/report/report_html.h"
#include "app/bench/report/report_json.h"
#include "app/bench/report/report_text.h"

int main(int argc, char** argv) {
  const std::string_view format = argc > 1 ? argv[1] : "";
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const echod::BenchResult result = echod::sample_result(seed);
  echod::BenchResult empty;
  empty.plan.loop = "closed";
  echod::BenchResult hostile = result;
  const std::string attack =
      "</script><script>document.title='owned'</script><img src=x "
      "onerror=\"document.title='owned'\">"
      "'\"&{{data}}<!--\x1b";
  hostile.plan.url = hostile.plan.sizes = hostile.environment.cpu = attack;
  hostile.errors[attack] = 1;
  hostile.first_errors = {attack};
  std::string text;
  if (format == "json") text = echod::json_report(result);
  if (format == "json-empty") text = echod::json_report(empty);
  if (format == "text") text = echod::text_report(result);
  if (format == "hlog") text = echod::hlog_report(result);
  if (format == "html") text = echod::html_report(result);
  if (format == "html-empty") text = echod::html_report(empty);
  if (format == "html-hostile") text = echod::html_report(hostile);
  if (text.empty()) {
    std::fprintf(
        stderr,
        "usage: sample_report json|json-empty|text|hlog|html|html-empty|html-hostile [SEED]\n");
    return 2;
  }
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
