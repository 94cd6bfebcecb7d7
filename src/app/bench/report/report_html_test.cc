// The HTML report: its figures are in tables, what is hostile stays text. What a browser makes of
// it is tests/e2e/test_bench_report.py's matter.
#include "app/bench/report/report_html.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

#include <nlohmann/json.hpp>

#include "app/bench/bench_test_util.h"
#include "app/bench/report/report_json.h"

namespace echod {
namespace {

bool page_has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The text of the report that the page carries for its script.
std::string data_of(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"report\">";
  const size_t begin = page.find(open) + open.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

TEST(ReportHtmlTest, HasTheFiguresAsText) {
  const std::string page = html_report(sample_result(1, 6));
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  for (const char* part :
       {"<title>echod bench tcp://127.0.0.1:7777</title>", "<h1>tcp://127.0.0.1:7777</h1>",
        "<p>Open loop, target rate 20,000 messages/s, ", "<b>20,000</b><span>messages/s</span>",
        "<div class=\"tile bad\"><b>3</b><span>errors</span></div>",
        "<tr><th scope=\"row\">p99.999</th><td>", "<th scope=\"col\">Service</th>",
        "<th scope=\"col\">Connect</th>", "28.0 \u00b5s</td>",
        "<tr><th scope=\"row\">reset</th><td>2</td></tr>",
        "<li>connection 17: byte 4096 of the stream is 0x41, not 0x42</li>",
        "<td>64 (9 in 10), 1024 (1 in 10) bytes</td>", "<td>Example CPU @ 2.50GHz</td>",
        "<td>410,000 messages/s</td>", "Table of 6 intervals",
        "<tr><th scope=\"row\">5 s</th><td>20,000</td><td>3.20 MB</td>"}) {
    EXPECT_TRUE(page_has(page, part)) << part;
  }
  EXPECT_FALSE(page_has(page, "class=\"warnings\""));
  EXPECT_FALSE(page_has(page, "{{"));
}

TEST(ReportHtmlTest, CarriesTheReportForItsScript) {
  const BenchResult result = sample_result(1, 6);
  const auto data = nlohmann::json::parse(data_of(html_report(result)));
  EXPECT_EQ(data, nlohmann::json::parse(json_report(result, HistogramDetail::kReadings)));
}

TEST(ReportHtmlTest, WarningsAreShown) {
  BenchResult result = sample_result(1, 2);
  result.interrupted = true;
  result.at_ceiling = true;
  const std::string page = html_report(result);
  EXPECT_TRUE(page_has(page, "<ul class=\"warnings\">\n<li>Interrupted after 2.00 s"));
  EXPECT_TRUE(page_has(page, "<li>The load tester reached its own ceiling"));
}

TEST(ReportHtmlTest, NothingAtAllIsStillAPage) {
  const std::string page = html_report(BenchResult());
  EXPECT_TRUE(page_has(page, "<h1>Unknown target</h1>"));
  EXPECT_TRUE(page_has(page, "<li>No message was echoed.</li>"));
  EXPECT_TRUE(page_has(page, "There is no time series."));
  EXPECT_TRUE(page_has(page, "<p>None.</p>"));
  EXPECT_FALSE(page_has(page, "{{"));
}

TEST(ReportHtmlTest, NoTextBecomesMarkup) {
  const std::string attack = "</script><script>x</script><b onclick=\"x\">'&{{data}}\x1b";
  BenchResult result = sample_result(1, 2);
  BenchPlan& plan = result.plan;
  BenchEnvironment& environment = result.environment;
  plan.url = plan.loop = plan.sizes = attack;
  for (std::string* text :
       {&environment.echod_version, &environment.compiler, &environment.engine, &environment.kernel,
        &environment.machine, &environment.cpu, &environment.started_at}) {
    *text = attack;
  }
  result.errors = {{attack, 1}};
  result.first_errors = {attack};
  const std::string page = html_report(result);
  const std::string plain = html_report(sample_result(1, 2));
  for (const char* part : {"<script", "</script", "<b>", "onclick=\"", "\x1b"}) {
    EXPECT_EQ(count_of(page, part), count_of(plain, part)) << part;
  }
  EXPECT_TRUE(page_has(page,
                       "<h1>&lt;/script&gt;&lt;script&gt;x&lt;/script&gt;&lt;b "
                       "onclick=&quot;x&quot;&gt;&#39;&amp;{{data}}?</h1>"));
  EXPECT_EQ(nlohmann::json::parse(data_of(page))["plan"]["url"], attack);
}

TEST(ReportHtmlTest, ALongRunHasNoTableOfItsIntervals) {
  BenchResult result = sample_result(1, 1);
  result.intervals.resize(2001, result.intervals[0]);
  const std::string page = html_report(result);
  EXPECT_TRUE(page_has(page, "Too many intervals for a table"));
  EXPECT_EQ(nlohmann::json::parse(data_of(page))["intervals"].size(), 2001U);
}

}  // namespace
}  // namespace echod
