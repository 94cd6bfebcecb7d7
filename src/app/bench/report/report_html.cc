#include "app/bench/report/report_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "app/bench/report/figures.h"
#include "app/bench/report/report_json.h"
#include "app/bench/report/report_text.h"
#include "base/check.h"

namespace echod {

// report.html, compiled in: the build writes it into a source file of its own.
extern const std::string_view kReportPage;

namespace {

constexpr size_t kErrorRowsMax = 20;
constexpr size_t kIntervalRowsMax = 2000;  // a page with more is slow; the JSON report has all

// As text between tags or in a quoted attribute.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char character : printable(text)) {
    switch (character) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += character;
    }
  }
  return result;
}

// The JSON report inside a script element: "<" stands in strings alone, and must begin no end tag.
std::string embedded_json(const BenchResult& result) {
  std::string text;
  for (const char character : json_report(result, HistogramDetail::kReadings)) {
    if (character == '<') {
      text += "\\u003c";
    } else if (character != '\n') {
      text += character;
    }
  }
  return text;
}

std::string time_of(double nanoseconds) {
  std::string text = format_latency(nanoseconds);
  if (text.ends_with(" us")) text.replace(text.size() - 2, 1, "\u00b5");
  return text;
}

std::string time_of(uint64_t nanoseconds) { return time_of(static_cast<double>(nanoseconds)); }

// --- Tables -------------------------------------------------------------------------------------

using Rows = std::vector<std::pair<std::string, std::string>>;

// Names and values; empty values are left out.
std::string table_of(const Rows& rows) {
  std::string text = "<table class=\"named\"><tbody>\n";
  for (const auto& [name, value] : rows) {
    if (value.empty()) continue;
    text += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(name),
                        escaped(value));
  }
  return text + "</tbody></table>";
}

std::string head_of(const std::vector<std::string>& names) {
  std::string text = "<thead><tr>";
  for (const std::string& name : names) text += fmt::format("<th scope=\"col\">{}</th>", name);
  return text + "</tr></thead>\n";
}

std::string latency_rows(const BenchResult& result) {
  std::vector<std::string> names = {"", "Latency"};
  std::vector<const Histogram*> columns = {&result.latency};
  if (result.service.count() > 0 && result.service != result.latency) {
    names.emplace_back("Service");
    columns.push_back(&result.service);
  }
  if (result.connect.count() > 0) {
    names.emplace_back("Connect");
    columns.push_back(&result.connect);
  }
  std::string text = "<table class=\"number\">" + head_of(names) + "<tbody>\n";
  const auto add = [&](const std::string& name,
                       const std::function<std::string(const Histogram&)>& value) {
    text += fmt::format("<tr><th scope=\"row\">{}</th>", name);
    for (const Histogram* histogram : columns) {
      text += fmt::format("<td>{}</td>", histogram->count() == 0 ? "\u2013" : value(*histogram));
    }
    text += "</tr>\n";
  };
  for (const double percentile : kReportPercentiles) {
    add(fmt::format("p{}", percentile),
        [=](const Histogram& one) { return time_of(one.value_at(percentile)); });
  }
  add("max", [](const Histogram& one) { return time_of(one.max()); });
  add("mean", [](const Histogram& one) { return time_of(one.mean()); });
  add("stddev", [](const Histogram& one) { return time_of(one.standard_deviation()); });
  add("count", [](const Histogram& one) { return format_count(one.count()); });
  return text + "</tbody></table>";
}

std::string intervals_table(const BenchResult& result) {
  if (result.intervals.empty()) return "<p class=\"soft\">There is no time series.</p>";
  if (result.intervals.size() > kIntervalRowsMax) {
    return "<p class=\"soft\">Too many intervals for a table; the JSON report has them all.</p>";
  }
  std::string text = fmt::format(
      "<details class=\"long\"><summary>Table of {}</summary><div class=\"scroll\">"
      "<table class=\"number\">{}<tbody>\n",
      format_plural(result.intervals.size(), "interval"),
      head_of({"Start", "Messages/s", "Payload/s", "p50", "p90", "p99", "max", "Errors",
               "Connections"}));
  for (const BenchInterval& interval : result.intervals) {
    const double length_s = interval.length_s > 0 ? interval.length_s : 1;
    text += fmt::format("<tr><th scope=\"row\">{:g} s</th>", interval.start_s);
    const auto latency = [&](uint64_t value) {
      return value == 0 ? std::string("\u2013") : time_of(value);
    };
    for (const std::string& cell :
         {format_rate(static_cast<double>(interval.messages) / length_s),
          format_bytes(static_cast<double>(interval.bytes) / length_s), latency(interval.p50_ns),
          latency(interval.p90_ns), latency(interval.p99_ns), latency(interval.max_ns),
          format_count(interval.errors), format_count(interval.connections)}) {
      text += fmt::format("<td>{}</td>", cell);
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table></div></details>";
}

std::string totals_table(const BenchResult& result) {
  const double elapsed_s = result.elapsed_s > 0 ? result.elapsed_s : 1;
  const auto per_second = [&](uint64_t count) { return static_cast<double>(count) / elapsed_s; };
  Rows rows = {
      {"Measured for", time_of(result.elapsed_s * 1e9)},
      {"Messages", fmt::format("{} ({}/s)", format_count(result.messages),
                               format_rate(per_second(result.messages)))},
      {"Payload, one way", fmt::format("{} ({}/s)", format_bytes(static_cast<double>(result.bytes)),
                                       format_bytes(per_second(result.bytes)))},
  };
  if (result.connects > 0) {
    rows.emplace_back("Connects", fmt::format("{} ({}/s)", format_count(result.connects),
                                              format_rate(per_second(result.connects))));
  }
  rows.emplace_back("In flight at the end", format_count(result.unanswered));
  if (result.plan.loop == "open") {
    rows.emplace_back("Due and not sent", format_count(result.late_sends));
    rows.emplace_back("Send lag", time_of(result.schedule_lag_p99_ns) + " (p99)");
  }
  rows.emplace_back("Load tester's CPU time",
                    fmt::format("{} (utilisation {})", time_of(result.tester_cpu_s * 1e9),
                                format_share(result.tester_cpu_busy)));
  if (result.ceiling_per_s > 0) {
    rows.emplace_back("Load tester's ceiling", format_rate(result.ceiling_per_s) + " messages/s");
  }
  return table_of(rows);
}

std::string errors_section(const BenchResult& result) {
  if (result.error_count() == 0) return "<p>None.</p>";
  std::string text = "<div class=\"scroll\"><table class=\"number\">" + head_of({"Kind", "Count"});
  for (const auto& [kind, count] : result.errors) {
    text += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(kind),
                        format_count(count));
  }
  text += "</table></div>\n<ul class=\"first-errors\">\n";
  for (size_t i = 0; i < std::min(result.first_errors.size(), kErrorRowsMax); ++i) {
    text += "<li>" + escaped(result.first_errors[i]) + "</li>\n";
  }
  return text + "</ul>";
}

std::string plan_table(const BenchPlan& plan) {
  return table_of({
      {"Target", plan.url},
      {"Loop", plan.loop},
      {"Target rate", plan.rate > 0 ? format_rate(plan.rate) + " messages/s" : ""},
      {"Message sizes", plan.sizes.empty() ? "" : format_sizes(plan.sizes)},
      {"Connections", format_count(plan.connections)},
      {"Idle connections", format_count(plan.idle_connections)},
      {"Messages in flight on each", format_count(plan.pipeline)},
      {"A connection for each message", plan.connect_each ? "yes" : "no"},
      {"Every byte verified", plan.verify ? "yes" : "no"},
      {"Threads", format_count(plan.threads)},
      {"Warm-up", time_of(plan.warm_up_s * 1e9)},
  });
}

std::string environment_table(const BenchEnvironment& environment) {
  return table_of({
      {"Started", environment.started_at},
      {"Processor", environment.cpu},
      {"Processors usable", environment.processors > 0 ? format_count(environment.processors) : ""},
      {"Machine", environment.machine},
      {"Kernel", environment.kernel},
      {"Engine", environment.engine},
      {"echod", environment.echod_version},
      {"Compiler", environment.compiler},
  });
}

// --- Around them --------------------------------------------------------------------------------

std::string tile(std::string_view value, std::string_view name, bool bad = false) {
  return fmt::format("<div class=\"tile{}\"><b>{}</b><span>{}</span></div>\n", bad ? " bad" : "",
                     value, name);
}

std::string tiles_of(const BenchResult& result) {
  const auto latency = [&](double percentile) {
    return result.latency.count() == 0 ? std::string("\u2013")
                                       : time_of(result.latency.value_at(percentile));
  };
  return tile(format_rate(result.rate()), "messages/s") + tile(latency(50), "median latency") +
         tile(latency(99), "p99") + tile(latency(99.9), "p99.9") + tile(latency(100), "maximum") +
         tile(format_count(result.error_count()), "errors", result.error_count() > 0);
}

std::string warnings_section(const BenchResult& result) {
  const std::vector<std::string> warnings = warnings_of(result);
  if (warnings.empty()) return "";
  std::string text = "<ul class=\"warnings\">\n";
  for (const std::string& warning : warnings) text += "<li>" + escaped(warning) + "</li>\n";
  return text + "</ul>";
}

std::string when(const BenchResult& result) {
  std::string text = fmt::format("{}; measured for {}", connections_in_words(result.plan),
                                 time_of(result.elapsed_s * 1e9));
  if (!result.environment.started_at.empty()) text += ", " + result.environment.started_at;
  return text;
}

std::string_view latency_meaning(const BenchPlan& plan) {
  if (plan.loop == "open") {
    return "Latency counts from when a message was meant to be sent, so a server that stalls is "
           "charged for all it held up; service counts from when it was sent.";
  }
  return "From when a message was sent until its echo was there.";
}

// The text for the placeholder `name` of the page.
std::string filled_in(std::string_view name, const BenchResult& result) {
  const std::string url = result.plan.url.empty() ? "Unknown target" : result.plan.url;
  if (name == "title") return escaped("echod bench " + url);
  if (name == "target") return escaped(url);
  if (name == "mode") return result.plan.url.empty() ? "" : escaped(mode_in_words(result.plan));
  if (name == "when") return escaped(when(result));
  if (name == "tiles") return tiles_of(result);
  if (name == "warnings") return warnings_section(result);
  if (name == "latency_meaning") return std::string(latency_meaning(result.plan));
  if (name == "latency_table") return latency_rows(result);
  if (name == "intervals_table") return intervals_table(result);
  if (name == "totals_table") return totals_table(result);
  if (name == "errors") return errors_section(result);
  if (name == "plan_table") return plan_table(result.plan);
  if (name == "environment_table") return environment_table(result.environment);
  ECHOD_CHECK(name == "data");
  return embedded_json(result);
}

}  // namespace

std::string html_report(const BenchResult& result) {
  constexpr std::string_view kOpen = "{{";
  constexpr std::string_view kClose = "}}";
  std::string page;
  std::string_view rest = kReportPage;
  // Inserted text is not searched for placeholders.
  while (true) {
    const size_t begin = rest.find(kOpen);
    page += rest.substr(0, begin);
    if (begin == std::string_view::npos) return page;
    const size_t end = rest.find(kClose, begin);
    ECHOD_CHECK(end != std::string_view::npos);
    page += filled_in(rest.substr(begin + kOpen.size(), end - begin - kOpen.size()), result);
    rest.remove_prefix(end + kClose.size());
  }
}

}  // namespace echod
