#include "app/bench/bench.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <variant>

#include "app/bench/options.h"
#include "app/bench/report_json.h"
#include "app/bench/report_text.h"
#include "app/bench/runner.h"
#include "app/stop_signals.h"

namespace echod {
namespace {

// Looks on for the terminal, and ends the run when a signal arrives.
class Onlooker final : public BenchObserver {
 public:
  explicit Onlooker(const StopSignals& signals) : signals_(signals) {}

  void progress(const BenchProgress&) override {}

  bool interrupted() override {
    const int number = signals_.poll();
    if (number == 0) return interrupted_;
    if (interrupted_) {
      std::fputs("echod: second signal, ending at once\n", stderr);
      ::_exit(128 + number);
    }
    interrupted_ = true;
    return true;
  }

 private:
  const StopSignals& signals_;
  bool interrupted_ = false;
};

void print(std::FILE* stream, const std::string& text) {
  std::fputs(text.c_str(), stream);
  std::fflush(stream);
}

int run(const BenchOptions& options) {
  StopSignals signals;
  Onlooker onlooker(signals);
  std::expected<BenchResult, std::string> result = run_bench(options, onlooker);
  if (!result) {
    print(stderr, fmt::format("echod: {}\n", result.error()));
    return kExitFailure;
  }
  if (options.json_file == "-") {
    print(stdout, json_report(*result));
  } else {
    print(stdout, text_report(*result));
  }
  if (!options.json_file.empty() && options.json_file != "-") {
    if (std::FILE* file = std::fopen(options.json_file.c_str(), "w")) {
      print(file, json_report(*result));
      std::fclose(file);
    }
  }
  for (const Threshold& threshold : options.fail_if) {
    if (threshold.broken_by(*result)) return kExitThreshold;
  }
  return kExitSuccess;
}

}  // namespace

int bench(int argc, const char* const* argv) {
  auto command = parse_bench_command_line(argc, argv);
  if (const auto* ending = std::get_if<CommandParser::Ending>(&command)) {
    print(ending->exit_code == kExitSuccess ? stdout : stderr, ending->text);
    return ending->exit_code;
  }
  occupy_standard_streams();
  return run(std::get<BenchOptions>(command));
}

}  // namespace echod
