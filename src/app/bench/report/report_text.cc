#include "app/bench/report/report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/bench/report/figures.h"
#include "app/bench/report/report_json.h"
#include "base/utf8.h"

namespace echod {
namespace {

constexpr size_t kFirstErrorsMax = 5;
constexpr size_t kColumns = 100;
constexpr double kRateMissedFrom = 0.99;  // of the target rate; below, there is a warning

// Breaks `text` into lines of at most kColumns where its words allow; later lines are indented.
std::string wrapped(std::string_view text, size_t indent) {
  std::string result;
  size_t room = kColumns;
  while (text.size() > room) {
    size_t space = text.rfind(' ', room);
    if (space == std::string_view::npos || space == 0) space = text.find(' ', room);
    if (space == std::string_view::npos) break;
    result += std::string(text.substr(0, space)) + "\n" + std::string(indent, ' ');
    text.remove_prefix(space + 1);
    room = kColumns - indent;
  }
  return result + std::string(text) + "\n";
}

void row(std::string& text, std::string_view name, const std::string& value) {
  text += wrapped(fmt::format("  {:<12}{}", name, value), 18);
}

// "600,000       20,000/s".
std::string amount(const std::string& all, const std::string& per_second) {
  return fmt::format("{:>15}  {:>15}", all, per_second);
}

std::string errors_in_words(const BenchResult& result) {
  const auto errors = static_cast<double>(result.error_count());
  std::string kinds;
  for (const auto& [kind, count] : result.errors) {
    if (count == 0) continue;
    kinds +=
        fmt::format("{}{} {}", kinds.empty() ? "" : ", ", format_count(count), printable(kind));
  }
  return fmt::format("{:>15}  {:>15}   {}", format_count(result.error_count()),
                     format_share(errors / (errors + static_cast<double>(result.messages))), kinds);
}

std::string totals(const BenchResult& result) {
  const auto per_second = [&](uint64_t count) {
    return result.elapsed_s > 0 ? static_cast<double>(count) / result.elapsed_s : 0;
  };
  std::string text;
  row(text, "Messages", amount(format_count(result.messages), format_rate(result.rate()) + "/s"));
  row(text, "Payload",
      amount(format_bytes(static_cast<double>(result.bytes)),
             format_bytes(per_second(result.bytes)) + "/s") +
          "   each way");
  if (result.connects > 0) {
    row(text, "Connects",
        amount(format_count(result.connects), format_rate(per_second(result.connects)) + "/s"));
  }
  if (result.unanswered > 0) {
    row(text, "Unanswered",
        fmt::format("{:>15}  in flight at the end", format_count(result.unanswered)));
  }
  if (result.late_sends > 0) {
    row(text, "Not sent",
        fmt::format("{:>15}  due, but not sent by the end", format_count(result.late_sends)));
  }
  if (result.error_count() == 0) {
    row(text, "Errors", fmt::format("{:>15}", "none"));
  } else {
    row(text, "Errors", errors_in_words(result));
  }
  return text;
}

std::string first_errors(const BenchResult& result) {
  if (result.first_errors.empty()) return "";
  std::string text = "\nFirst errors\n";
  const size_t shown = std::min(result.first_errors.size(), kFirstErrorsMax);
  for (size_t i = 0; i < shown; ++i) text += "  " + printable(result.first_errors[i]) + "\n";
  if (shown < result.error_count()) {
    text += fmt::format("  and {} more\n", format_count(result.error_count() - shown));
  }
  return text;
}

// One column for each kind of time measured that differs from the first.
std::string latency_table(const BenchResult& result) {
  std::vector<std::pair<std::string, const Histogram*>> columns = {{"Latency", &result.latency}};
  if (result.service.count() > 0 && result.service != result.latency) {
    columns.emplace_back("Service", &result.service);
  }
  if (result.connect.count() > 0) columns.emplace_back("Connect", &result.connect);

  std::string text = fmt::format("  {:<8}", "");
  for (const auto& [name, histogram] : columns) text += fmt::format("{:>14}", name);
  text += "\n";
  const auto add = [&](const std::string& name, auto value_of) {
    text += fmt::format("  {:<8}", name);
    for (const auto& [column, histogram] : columns) {
      text +=
          fmt::format("{:>14}", histogram->count() == 0
                                    ? "-"
                                    : format_latency(static_cast<double>(value_of(*histogram))));
    }
    text += "\n";
  };
  for (const double percentile : kReportPercentiles) {
    add(fmt::format("p{}", percentile),
        [=](const Histogram& histogram) { return histogram.value_at(percentile); });
  }
  add("max", [](const Histogram& histogram) { return histogram.max(); });
  add("mean", [](const Histogram& histogram) { return histogram.mean(); });
  add("stddev", [](const Histogram& histogram) { return histogram.standard_deviation(); });
  if (columns.size() > 1 && columns[1].first == "Service") {
    text += "  Latency counts from when a message was due, service from when it was sent.\n";
  }
  return text;
}

std::string tester(const BenchResult& result) {
  // A thread uses at most one processor at a time.
  const uint64_t processors = std::min(result.environment.processors, result.plan.threads);
  std::string text =
      fmt::format("Load tester: {} of CPU time, CPU utilisation {} of {}",
                  format_latency(result.tester_cpu_s * 1e9), format_share(result.tester_cpu_busy),
                  processors > 0 ? format_plural(processors, "processor") : "processors");
  if (result.ceiling_per_s > 0) {
    text += fmt::format("; ceiling {} messages/s", format_rate(result.ceiling_per_s));
  }
  text = wrapped(text, 2);
  if (result.plan.loop == "open") {
    text += fmt::format("Send lag: p99 {}\n",
                        format_latency(static_cast<double>(result.schedule_lag_p99_ns)));
  }
  return text;
}

// The size of the character at the front where it may be printed: UTF-8 that does not control a
// terminal. Otherwise 0.
size_t printable_at(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return byte(0) >= 0x20 && byte(0) != 0x7f ? 1 : 0;
  const size_t size = utf8_character_size(text);
  return size == 2 && byte(0) == 0xc2 && byte(1) < 0xa0 ? 0 : size;  // U+0080 to U+009F
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t size = printable_at(text);
    if (size == 0) {
      result += '?';
    } else {
      result += text.substr(0, size);
    }
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return result;
}

std::string mode_in_words(const BenchPlan& plan) {
  std::string text = plan.loop.empty() ? "Closed and open loops" : "Closed loop";
  if (plan.loop == "open") {
    text = fmt::format("Open loop, target rate {} messages/s", format_rate(plan.rate));
  }
  if (plan.connect_each) text += ", a connection for each message";
  if (plan.pipeline > 1) {
    text += fmt::format(", {}{} messages in flight on each", plan.loop == "open" ? "at most " : "",
                        format_count(plan.pipeline));
  }
  if (!plan.method.empty()) {
    return text + fmt::format(", {} requests; verified: statuses, and that each response is whole",
                              printable(plan.method));
  }
  text += ", " + printable(format_sizes(plan.sizes));
  return text + (plan.verify ? ", every byte verified" : ", not verified");
}

std::string connections_in_words(const BenchPlan& plan) {
  std::string text = fmt::format("{} on {}", format_plural(plan.connections, "connection"),
                                 format_plural(plan.threads, "thread"));
  if (plan.idle_connections > 0) {
    text += fmt::format(", {} additional idle connections", format_count(plan.idle_connections));
  }
  return text;
}

std::vector<std::string> warnings_of(const BenchResult& result) {
  std::vector<std::string> warnings;
  if (result.interrupted) {
    warnings.push_back(fmt::format("Interrupted after {}: the figures cover that time.",
                                   format_latency(result.elapsed_s * 1e9)));
  }
  if (result.messages == 0) warnings.emplace_back("No message was echoed.");
  if (result.at_ceiling) {
    warnings.emplace_back(
        "The load tester reached its own ceiling: the server may be faster than this. Give the "
        "tester "
        "more threads or machines, or the server fewer processors.");
  }
  if (result.plan.loop == "open" && result.plan.rate > 0 && result.messages > 0 &&
      result.rate() < result.plan.rate * kRateMissedFrom) {
    warnings.push_back(fmt::format("The target rate was not reached: {} of {} messages/s.",
                                   format_rate(result.rate()), format_rate(result.plan.rate)));
  }
  if (result.latency.clipped() > 0) {
    warnings.push_back(fmt::format("{} of more than an hour, counted as an hour.",
                                   format_plural(result.latency.clipped(), "latency value")));
  }
  return warnings;
}

std::string text_report(const BenchResult& result) {
  std::string text = printable(result.plan.url) + "\n";
  if (result.plan.url.empty()) text = "Latencies alone, of unknown runs\n";
  if (!result.plan.url.empty()) text += wrapped(mode_in_words(result.plan), 2);
  std::string measured = fmt::format("{}, measured for {}", connections_in_words(result.plan),
                                     format_latency(result.elapsed_s * 1e9));
  if (result.plan.warm_up_s > 0) {
    measured += fmt::format(" after {} of warm-up", format_latency(result.plan.warm_up_s * 1e9));
  }
  text += wrapped(measured, 2) + "\n" + totals(result) + "\n" + latency_table(result) +
          first_errors(result) + "\n" + tester(result);
  for (const std::string& warning : warnings_of(result)) text += wrapped("WARNING: " + warning, 2);
  return text;
}

}  // namespace echod
