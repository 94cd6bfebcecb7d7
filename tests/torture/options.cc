#include "options.h"

#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "case.h"

namespace torture {
namespace {

constexpr const char* kAbout =
    "Torments a TCP echo server, any, and verifies every byte that comes back.\n\n"
    "Bytes lost, repeated, reordered or made up, an end too early, a reset, and whatever hangs "
    "fail a\n"
    "case. Memory, response times and processor time are measured, and fail only beyond a --limit.";

constexpr const char* kFooter =
    "\nExit codes: 0 all cases passed, 1 one failed, 2 wrong command line.\n\n"
    "  echo-torture --port 7 --quick\n"
    "  echo-torture --port 8080 --pid $(pidof echod) --limit never-reading.memory-kib=1024\n"
    "  echo-torture --port 8080 --case half-close --sizes 1,64KiB,16MiB\n";

std::map<std::string, double> limits_of(const std::vector<std::string>& texts) {
  std::map<std::string, double> limits;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    const std::string name = text.substr(0, equals);
    bool known = false;
    for (const Case& one : all_cases()) {
      for (const auto& figure : one.figures) {
        known |= name == std::string(one.name) + "." + std::string(figure.name);
      }
    }
    double value = 0;
    if (equals == std::string::npos || !CLI::detail::lexical_cast(text.substr(equals + 1), value)) {
      throw CLI::ValidationError("--limit", "write CASE.FIGURE=NUMBER instead of '" + text + "'");
    }
    if (!known) throw CLI::ValidationError("--limit", "no figure '" + name + "'; see --list");
    limits[name] = value;
  }
  return limits;
}

}  // namespace

std::expected<Options, int> parse_options(int argc, char** argv) {
  Options options;
  std::vector<std::string> limits;
  bool full = false;
  CLI::App app(kAbout, "echo-torture");
  app.footer(kFooter);
  app.add_option("--host", options.host, "where the server is")->capture_default_str();
  auto* port = app.add_option("--port", options.port, "its TCP port")->check(CLI::Range(1, 65535));
  app.add_option("--pid", options.pid,
                 "its process, for memory, descriptors and processor time; children are included")
      ->check(CLI::PositiveNumber);
  std::vector<std::string> names;
  for (const Case& one : all_cases()) names.emplace_back(one.name);
  app.add_option("--case", options.cases, "only these; see --list")
      ->check(CLI::IsMember(names))
      ->delimiter(',');
  app.add_option("--sizes", options.sizes, "bytes of a stream, in cases that have sizes: 1,64KiB")
      ->transform(CLI::AsSizeValue(false))
      ->delimiter(',');
  auto* quick = app.add_flag("--quick", options.quick, "a look of some seconds: few and small");
  app.add_flag("--full", full, "minutes: many and large (the default)")->excludes(quick);
  app.add_flag("--one-at-a-time", options.one_at_a_time,
               "the server serves one client at a time: leave out what needs more");
  app.add_option("--clients", options.clients, "at most so many clients at once")
      ->check(CLI::Range(1, 19'000));
  app.add_option("--stream-seconds", options.stream_s,
                 "end the long stream after so long; 0: never")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--patience", options.patience_s,
                 "seconds without a byte moving after which a case hangs")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str();
  app.add_option("--limit", limits, "CASE.FIGURE=NUMBER: a figure above it fails the case");
  app.add_option("--seed", options.seed, "of all chance: sizes, pieces, offsets")
      ->capture_default_str();
  app.add_option("--json", options.json, "write results to this file; - for standard output");
  app.add_flag("--list", options.list, "print the cases and their figures, and do nothing");
  try {
    app.parse(argc, argv);
    options.limits = limits_of(limits);
    if (!options.list && port->count() == 0) throw CLI::RequiredError("--port");
  } catch (const CLI::ParseError& error) {
    return std::unexpected(app.exit(error) == 0 ? 0 : 2);
  }
  return options;
}

}  // namespace torture
