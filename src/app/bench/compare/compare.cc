#include "app/bench/compare/compare.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <expected>
#include <functional>
#include <set>
#include <string_view>
#include <utility>

#include "app/bench/bench_result.h"
#include "app/bench/compare/compare_statistics.h"
#include "app/bench/compare/files.h"
#include "app/bench/report/figures.h"
#include "app/bench/report/report_text.h"

namespace echod {
namespace {

using Measure = Change::Measure;
using Runs = std::vector<BenchResult>;

constexpr int kRegression = 99;
constexpr double kConfidenceMin = 0.5;
constexpr double kConfidenceMax = 0.9999;

// Measured on each side, in all its runs.
constexpr double kJudgedSecondsMin = 1;

enum class Verdict : uint8_t { kUnknown, kNone, kUnclear, kSmall, kBetter, kWorse, kTooShort };

// Its change is real where the interval excludes none, and matters beyond the threshold.
Verdict verdict_on(const Change& change, double threshold) {
  if (!change.ratio) return Verdict::kUnknown;
  if (change.ratio->low <= 1 && change.ratio->high >= 1) {
    const bool narrow = change.ratio->low >= 1 - threshold && change.ratio->high <= 1 + threshold;
    return narrow ? Verdict::kNone : Verdict::kUnclear;
  }
  if (std::abs(change.factor() - 1) <= threshold) return Verdict::kSmall;
  return (change.factor() > 1) == change.more_is_better() ? Verdict::kBetter : Verdict::kWorse;
}

// The tester's own processor time says nothing about the server, so it is shown and not judged.
bool is_judged(const Change& change) { return change.measure != Measure::kTesterCpu; }

std::string percent(double factor) {
  const double change = (factor - 1) * 100;
  if (std::abs(change) < 0.05) return "0.0 %";  // not "-0.0 %"
  return fmt::format("{:+.{}f} %", change, std::abs(change) < 999.5 ? 1 : 0);
}

std::string name_of(const Change& change) {
  switch (change.measure) {
    case Measure::kRate:
      return "rate";
    case Measure::kPercentile:
      return fmt::format("p{}", change.percentile);
    case Measure::kMax:
      return "max";
    case Measure::kMean:
      return "mean";
    case Measure::kTesterCpu:
      break;
  }
  return "tester CPU";
}

std::string value_of(const Change& change, double value) {
  return change.measure == Measure::kRate ? format_rate(value) + "/s" : format_latency(value);
}

std::string words_for(Verdict verdict, double threshold) {
  switch (verdict) {
    case Verdict::kUnknown:
      return "";
    case Verdict::kNone:
      return "no change";
    case Verdict::kUnclear:
      return "cannot tell";
    case Verdict::kSmall:
      return fmt::format("within {:g} %", threshold * 100);
    case Verdict::kTooShort:
      return "too short";
    case Verdict::kBetter:
      return "better";
    case Verdict::kWorse:
      break;
  }
  return "WORSE";
}

std::string row(const Change& change, Verdict verdict, double threshold) {
  const std::string interval =
      change.ratio ? percent(change.ratio->low) + " to " + percent(change.ratio->high)
                   : change.no_interval;
  std::string text = fmt::format("  {:<10}{:>13}{:>13}{:>11}   {:<24}{}", name_of(change),
                                 value_of(change, change.base), value_of(change, change.now),
                                 change.base > 0 ? percent(change.factor()) : "-", interval,
                                 is_judged(change) ? words_for(verdict, threshold) : "not judged");
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

struct ErrorCount {
  uint64_t errors = 0;
  uint64_t messages = 0;

  double all() const { return static_cast<double>(errors) + static_cast<double>(messages); }
  double share() const { return errors > 0 ? static_cast<double>(errors) / all() : 0; }
};

ErrorCount errors_of(const Runs& runs) {
  ErrorCount count;
  for (const BenchResult& run : runs) {
    count.errors += run.error_count();
    count.messages += run.messages;
  }
  return count;
}

// --- Whether they can be compared ---------------------------------------------------------------

struct Trait {
  std::string_view name;
  std::function<std::string(const BenchResult&)> of;
};

std::string yes_or_no(bool value) { return value ? "yes" : "no"; }

// Where these differ the figures mean different things.
std::vector<Trait> conditions() {
  return {
      {"loop", [](const BenchResult& run) { return run.plan.loop; }},
      {"message sizes", [](const BenchResult& run) { return run.plan.sizes; }},
      {"connections", [](const BenchResult& run) { return format_count(run.plan.connections); }},
      {"pipelining", [](const BenchResult& run) { return format_count(run.plan.pipeline); }},
      {"rate asked for", [](const BenchResult& run) { return format_rate(run.plan.rate); }},
      {"a connection for each message",
       [](const BenchResult& run) { return yes_or_no(run.plan.connect_each); }},
      {"verifying", [](const BenchResult& run) { return yes_or_no(run.plan.verify); }},
      {"idle connections",
       [](const BenchResult& run) { return format_count(run.plan.idle_connections); }},
      {"load tester's processor", [](const BenchResult& run) { return run.environment.cpu; }},
      {"load tester's processors",
       [](const BenchResult& run) { return format_count(run.environment.processors); }},
      {"load tester's machine", [](const BenchResult& run) { return run.environment.machine; }},
  };
}

// These may be just what is being compared.
std::vector<Trait> circumstances() {
  return {
      {"target", [](const BenchResult& run) { return run.plan.url; }},
      {"threads", [](const BenchResult& run) { return format_count(run.plan.threads); }},
      {"kernel", [](const BenchResult& run) { return run.environment.kernel; }},
      {"load tester's version",
       [](const BenchResult& run) { return run.environment.echod_version; }},
      {"load tester's compiler", [](const BenchResult& run) { return run.environment.compiler; }},
      {"load tester's engine", [](const BenchResult& run) { return run.environment.engine; }},
  };
}

std::string listed(const std::set<std::string>& values) {
  std::string text;
  for (const std::string& value : values) {
    text += (text.empty() ? "" : " or ") + (value.empty() ? "unknown" : printable(value));
  }
  return text;
}

// "connections: 50 and 100", for each that is not one and the same on both sides.
std::string differences(const std::vector<Trait>& traits, const Runs& base, const Runs& now,
                        std::string_view label) {
  std::string text;
  for (const Trait& trait : traits) {
    std::set<std::string> before;
    std::set<std::string> after;
    for (const BenchResult& run : base) before.insert(trait.of(run));
    for (const BenchResult& run : now) after.insert(trait.of(run));
    if (before == after && before.size() == 1) continue;
    text +=
        fmt::format("{}{}: {} before, {} now\n", label, trait.name, listed(before), listed(after));
  }
  return text;
}

std::string doubts(const Runs& base, const Runs& now) {
  std::string text;
  bool at_ceiling = false;
  bool interrupted = false;
  for (const Runs* side : {&base, &now}) {
    for (const BenchResult& run : *side) {
      at_ceiling = at_ceiling || run.at_ceiling;
      interrupted = interrupted || run.interrupted;
    }
  }
  if (at_ceiling) {
    text += "WARNING: a load tester was at its own ceiling: a change may be larger than shown.\n";
  }
  if (interrupted) text += "WARNING: a run was interrupted.\n";
  return text;
}

// --- The comparison -----------------------------------------------------------------------------

std::string method_in_words(ResampledUnit unit, const CompareOptions& options) {
  const std::string confidence = fmt::format("{:g} %", options.confidence * 100);
  switch (unit) {
    case ResampledUnit::kRuns:
      return fmt::format(
          "Values are geometric means of the runs. {} intervals by Welch's t from run to run.\n",
          confidence);
    case ResampledUnit::kIntervals:
      return fmt::format(
          "{} intervals by a bootstrap of {} draws (seed {}) over blocks of the time series.\n"
          "They hold what varies within a run and not from run to run: 3 runs a side show that.\n",
          confidence, kBootstrapDraws, options.seed);
    case ResampledUnit::kMessages:
      break;
  }
  return fmt::format(
      "{} intervals by a bootstrap of {} draws (seed {}) over single messages, as if they were\n"
      "independent, which they are not: take them for too narrow. For better ones, measure for 10\n"
      "intervals or more, or 3 runs a side.\n",
      confidence, kBootstrapDraws, options.seed);
}

std::string side_in_words(std::string_view name, const std::vector<std::string>& files,
                          const Runs& runs) {
  uint64_t messages = 0;
  for (const BenchResult& run : runs) messages += run.messages;
  std::string text = fmt::format("{:<5}", name);
  for (const std::string& file : files) text += " " + printable(file);
  return fmt::format("{} ({}, {})\n", text, format_plural(runs.size(), "run"),
                     format_plural(messages, "message"));
}

struct Comparison {
  std::string text;
  bool worse = false;
};

// The line on errors. They are worse where more came, relative to the messages, than by chance.
void compare_errors(const Runs& base, const Runs& now, const CompareOptions& options,
                    Comparison& comparison, std::string& worse) {
  const ErrorCount before = errors_of(base);
  const ErrorCount after = errors_of(now);
  const double chance = chance_of_errors(before.errors, after.errors, before.all(), after.all());
  const bool more = after.share() > before.share() * (1 + options.threshold);
  const bool is_worse = more && chance < (1 - options.confidence) / 2;
  comparison.text +=
      fmt::format("  {:<10}{:>13}{:>13}{}\n", "errors", format_count(before.errors),
                  format_count(after.errors), is_worse ? fmt::format("{:38}WORSE", "") : "");
  if (!is_worse) return;
  comparison.worse = true;
  worse += fmt::format("Worse: errors, {} after {} of all messages\n", format_share(after.share()),
                       format_share(before.share()));
}

// Whether a side was measured for too short a time to judge it by: messages that came within the
// same moments share its luck, however many they are.
bool is_too_short(const Runs& runs) {
  double measured_s = 0;
  for (const BenchResult& run : runs) measured_s += run.elapsed_s;
  return measured_s < kJudgedSecondsMin;
}

Comparison compare(const Runs& base, const Runs& now, const CompareOptions& options) {
  const bool too_short = is_too_short(base) || is_too_short(now);
  Comparison comparison;
  comparison.text = side_in_words("Base", options.base_files, base) +
                    side_in_words("New", options.new_files, now) + "\n";
  comparison.text += fmt::format("  {:<10}{:>13}{:>13}{:>11}   {:g} % interval\n", "", "Base",
                                 "New", "Change", options.confidence * 100);
  std::string worse;
  for (const Change& change : changes_between(base, now, options.confidence, options.seed)) {
    Verdict verdict = verdict_on(change, options.threshold);
    if (too_short && verdict >= Verdict::kUnclear) verdict = Verdict::kTooShort;
    comparison.text += row(change, verdict, options.threshold);
    if (verdict != Verdict::kWorse || !is_judged(change) || !change.ratio) continue;
    comparison.worse = true;
    worse += fmt::format("Worse: {} by {} ({} to {})\n", name_of(change), percent(change.factor()),
                         percent(change.ratio->low), percent(change.ratio->high));
  }
  compare_errors(base, now, options, comparison, worse);
  comparison.text += "\n" + method_in_words(unit_for(base, now), options) +
                     differences(circumstances(), base, now, "Differs: ") + doubts(base, now) +
                     differences(conditions(), base, now, "WARNING: not comparable, ");
  if (too_short && worse.empty()) {
    comparison.text +=
        fmt::format("No verdict: a side was measured for less than {:g} s.\n", kJudgedSecondsMin);
    return comparison;
  }
  comparison.text += worse.empty()
                         ? fmt::format("Nothing is shown to be worse by more than {:g} %.\n",
                                       options.threshold * 100)
                         : worse;
  return comparison;
}

std::expected<Runs, std::string> read_runs(const std::vector<std::string>& files) {
  Runs runs;
  for (const std::string& file : files) {
    std::expected<BenchResult, std::string> run = read_result(file);
    if (!run) return std::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  return runs;
}

int failed(const std::string& error, int status) {
  std::fprintf(stderr, "echod bench compare: %s\n", error.c_str());
  return status;
}

}  // namespace

int bench_compare(const CompareOptions& options) {
  if (options.base_files.empty() || options.new_files.empty()) {
    return failed("say which reports to compare, for example compare before.json after.json", 2);
  }
  if (!(options.threshold >= 0 && std::isfinite(options.threshold))) {
    return failed("the threshold must be a share of 0 or more, for example 5%", 2);
  }
  if (!(options.confidence >= kConfidenceMin && options.confidence <= kConfidenceMax)) {
    return failed("the confidence must be between 50% and 99.99%", 2);
  }
  const std::expected<Runs, std::string> base = read_runs(options.base_files);
  if (!base) return failed(base.error(), 1);
  const std::expected<Runs, std::string> now = read_runs(options.new_files);
  if (!now) return failed(now.error(), 1);
  const Comparison comparison = compare(*base, *now, options);
  if (std::string error = write_report("-", comparison.text); !error.empty()) {
    return failed(error, 1);
  }
  return comparison.worse ? kRegression : 0;
}

}  // namespace echod
