#include "app/bench/bench.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "app/bench/ceiling.h"
#include "app/bench/figures.h"
#include "app/bench/hlog.h"
#include "app/bench/options.h"
#include "app/bench/output_file.h"
#include "app/bench/report_html.h"
#include "app/bench/report_json.h"
#include "app/bench/report_text.h"
#include "app/bench/runner.h"
#include "app/bench/view.h"
#include "app/stop_signals.h"

namespace echod {
namespace {

void print(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

int fail(std::string_view message) {
  print(stderr, fmt::format("echod: {}\n", message));
  return kExitFailure;
}

// Shows how the run goes, and ends it when a signal arrives.
class Onlooker final : public BenchObserver {
 public:
  Onlooker(const StopSignals& signals, bool view) : signals_(signals), view_(view, view_style()) {}

  void progress(const BenchProgress& progress) override { view_.show(progress); }

  bool interrupted() override {
    const int number = signals_.poll();
    if (number == 0) return interrupted_;
    if (interrupted_) {
      view_.finish();
      print(stderr, "echod: second signal, ending at once\n");
      ::_exit(128 + number);
    }
    return interrupted_ = true;
  }

  void finish() { view_.finish(); }

 private:
  const StopSignals& signals_;
  View view_;
  bool interrupted_ = false;
};

// The files asked for, opened before the run.
struct Outputs {
  OutputFile json;
  OutputFile html;
  OutputFile hlog;

  static std::expected<Outputs, std::string> open(const BenchOptions& options) {
    auto json = OutputFile::open(options.json_file);
    if (!json) return std::unexpected(json.error());
    auto html = OutputFile::open(options.html_file);
    if (!html) return std::unexpected(html.error());
    auto hlog = OutputFile::open(options.hlog_file);
    if (!hlog) return std::unexpected(hlog.error());
    return Outputs{std::move(*json), std::move(*html), std::move(*hlog)};
  }

  // Writes all of them, whatever becomes of one, and the text unless one takes its place. The error
  // is the first.
  std::expected<void, std::string> write(const BenchResult& result) {
    const bool text =
        !json.is_standard_output() && !html.is_standard_output() && !hlog.is_standard_output();
    if (text) print(stdout, text_report(result));
    std::expected<void, std::string> outcome;
    auto write_to = [&outcome](OutputFile& file, const std::string& report) {
      auto written = file.write(report);
      if (!written && outcome) outcome = written;
    };
    if (json.wanted()) write_to(json, json_report(result));
    if (html.wanted()) write_to(html, html_report(result));
    if (hlog.wanted()) write_to(hlog, hlog_report(result));
    return outcome;
  }
};

// Says which thresholds are broken. Returns the exit status.
int judge(const BenchOptions& options, const BenchResult& result) {
  int status = kExitSuccess;
  for (const Threshold& threshold : options.fail_if) {
    if (!threshold.broken_by(result)) continue;
    print(stderr, fmt::format("echod: failed, because {}\n", threshold.text));
    status = kExitThreshold;
  }
  return status;
}

int report_ceiling(const Ceiling& ceiling) {
  if (ceiling.messages_per_s <= 0) return fail("nothing was measured");
  print(stdout, fmt::format("The load tester's own ceiling here is {} messages/s: {} of processor "
                            "time for each message, {}\n",
                            format_rate(ceiling.messages_per_s),
                            format_latency(ceiling.cpu_per_message_s * 1e9),
                            format_plural(ceiling.threads, "thread")));
  return kExitSuccess;
}

int run(const BenchOptions& options) {
  StopSignals signals;
  std::expected<Outputs, std::string> outputs = Outputs::open(options);
  if (!outputs) return fail(outputs.error());
  std::optional<Ceiling> ceiling;
  if (options.self) {
    Onlooker onlooker(signals, false);
    std::expected<Ceiling, std::string> measured = measure_ceiling(options, onlooker);
    if (!measured) return fail(measured.error());
    if (options.target.url.empty() || measured->interrupted) return report_ceiling(*measured);
    ceiling = *measured;
  }
  Onlooker onlooker(signals, options.view);
  std::expected<BenchResult, std::string> result = run_bench(options, onlooker);
  onlooker.finish();
  if (!result) return fail(result.error());
  note_ceiling(*result, ceiling ? &*ceiling : nullptr);
  if (auto written = outputs->write(*result); !written) return fail(written.error());
  return judge(options, *result);
}

}  // namespace

int bench(int argc, const char* const* argv) {
  BenchCommand command = parse_bench_command_line(argc, argv);
  if (const auto* ending = std::get_if<CommandParser::Ending>(&command)) {
    return print_ending(*ending);
  }
  occupy_standard_streams();
  if (const auto* compare = std::get_if<CompareOptions>(&command)) return bench_compare(*compare);
  if (const auto* merge = std::get_if<MergeOptions>(&command)) return bench_merge(*merge);
  return run(std::get<BenchOptions>(command));
}

}  // namespace echod
