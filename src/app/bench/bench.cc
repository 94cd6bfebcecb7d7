#include "app/bench/bench.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "app/bench/load/ceiling.h"
#include "app/bench/load/runner.h"
#include "app/bench/options.h"
#include "app/bench/report/figures.h"
#include "app/bench/report/hlog.h"
#include "app/bench/report/output_file.h"
#include "app/bench/report/report_html.h"
#include "app/bench/report/report_json.h"
#include "app/bench/report/report_text.h"
#include "app/bench/report/view.h"
#include "app/cli/units.h"
#include "app/serve/stop_signals.h"

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

// Shows the progress of the run, and ends it when a signal arrives.
class RunObserver final : public BenchObserver {
 public:
  RunObserver(const StopSignals& signals, bool view)
      : signals_(signals), view_(view, view_style()) {}

  void progress(const BenchProgress& progress) override { view_.show(progress); }

  bool interrupted() override {
    const int number = signals_.poll();
    if (number == 0) return signal_ != 0;
    if (signal_ != 0) {
      view_.finish();
      print(stderr, "echod: second signal, ending at once\n");
      ::_exit(128 + number);
    }
    signal_ = number;
    return true;
  }

  // The signal that ended the run, or 0.
  int signal() const { return signal_; }

  void finish() { view_.finish(); }

 private:
  const StopSignals& signals_;
  View view_;
  int signal_ = 0;
};

// The requested files, opened before the run.
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

  // Writes all of them, even if one fails, and the text unless one of them goes to standard output.
  // The error is the first one.
  std::expected<void, std::string> write(const BenchResult& result) {
    const bool text =
        !json.is_standard_output() && !html.is_standard_output() && !hlog.is_standard_output();
    std::expected<void, std::string> outcome;
    if (text) outcome = write_standard_output(text_report(result));
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

// Prints what was wrong with the run and which thresholds were crossed. Returns the exit status.
int judge(const BenchOptions& options, const BenchResult& result) {
  int status = kExitSuccess;
  if (result.gave_up) {
    print(stderr, fmt::format("echod: failed: no message was echoed for {}; last error: {}\n",
                              format_duration(options.timeout),
                              result.first_errors.empty() ? "none" : result.first_errors.back()));
    status = kExitFailure;
  } else if (result.messages == 0 && !result.interrupted) {
    print(stderr, "echod: failed: no message was echoed correctly\n");
    status = kExitFailure;
  }
  for (const Threshold& threshold : options.fail_if) {
    if (!threshold.broken_by(result)) continue;
    print(stderr, fmt::format("echod: failed, because {}\n", threshold.text));
    status = kExitThreshold;
  }
  return status;
}

int report_ceiling(const Ceiling& ceiling) {
  if (ceiling.messages_per_s <= 0) return fail("nothing was measured");
  print(stdout, fmt::format("The load tester's own ceiling here is {} messages/s: {} of CPU time "
                            "for each message, {}\n",
                            format_rate(ceiling.messages_per_s),
                            format_latency(ceiling.cpu_per_message_s * 1e9),
                            format_plural(ceiling.threads, "thread")));
  return kExitSuccess;
}

// At most as many connections as messages.
BenchOptions usable(BenchOptions options) {
  if (!options.messages || *options.messages >= options.connections) return options;
  options.connections = static_cast<unsigned>(std::max<uint64_t>(*options.messages, 1));
  print(stderr, fmt::format("echod: {}, as there are no more messages\n",
                            format_plural(options.connections, "connection")));
  return options;
}

int run(const BenchOptions& given) {
  const BenchOptions options = usable(given);
  StopSignals signals;
  std::expected<Outputs, std::string> outputs = Outputs::open(options);
  if (!outputs) return fail(outputs.error());
  std::optional<Ceiling> ceiling;
  if (options.self) {
    RunObserver observer(signals, false);
    std::expected<Ceiling, std::string> measured = measure_ceiling(options, observer);
    if (!measured) return fail(measured.error());
    if (options.target.url.empty() || measured->interrupted) return report_ceiling(*measured);
    ceiling = *measured;
  }
  RunObserver observer(signals, options.view);
  std::expected<BenchResult, std::string> result = run_bench(options, observer);
  observer.finish();
  if (!result) return fail(result.error());
  note_ceiling(*result, ceiling ? &*ceiling : nullptr);
  if (auto written = outputs->write(*result); !written) {
    // The reader of standard output has closed it, as head(1) does: no message about that.
    if (errno == EPIPE) return kExitFailure;
    return fail(written.error());
  }
  const int status = judge(options, *result);
  return observer.signal() != 0 ? 128 + observer.signal() : status;
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
