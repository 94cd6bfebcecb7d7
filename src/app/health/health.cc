#include "app/health/health.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "app/cli/command_parser.h"
#include "app/cli/serve_options.h"
#include "app/health/health_check.h"
#include "app/health/health_options.h"
#include "app/health/health_target.h"
#include "app/log/log.h"

namespace echod {
namespace {

using Ending = CommandParser::Ending;

// The server that the configuration describes.
std::expected<HealthTarget, Ending> configured_target(const HealthOptions& options,
                                                      const CommandParser& parser) {
  std::vector<const char*> arguments = {"echod"};
  if (!options.config.empty()) {
    arguments.push_back("--config");
    arguments.push_back(options.config.c_str());
  }
  const CommandLine server =
      parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  if (!server.serve) return std::unexpected(Ending{server.text, server.exit_code});
  std::expected<HealthTarget, std::string> target = health_target_of(*server.serve, options.admin);
  if (!target) return std::unexpected(parser.mistake(target.error()));
  return std::move(*target);
}

std::expected<HealthTarget, Ending> target_of(const HealthOptions& options,
                                              const CommandParser& parser) {
  if (options.url.empty()) return configured_target(options, parser);
  std::expected<HealthTarget, std::string> target = parse_health_target(options.url);
  if (!target) return std::unexpected(parser.mistake(target.error()));
  return std::move(*target);
}

}  // namespace

int health(int argc, const char* const* argv) {
  HealthOptions options;
  CommandParser parser(health_verb(), health_table(options));
  if (const auto ending = parser.parse(argc, argv)) return print_ending(*ending);
  const std::expected<HealthTarget, Ending> target = target_of(options, parser);
  if (!target) return print_ending(target.error());
  const std::expected<Duration, std::string> took = check_health(*target, options.timeout);
  std::string url;
  append_escaped(url, target->url);
  if (!took) {
    std::string why;
    append_escaped(why, took.error());
    std::fputs(fmt::format("unhealthy: {}: {}\n", url, why).c_str(), stderr);
    return kExitFailure;
  }
  const double ms = std::chrono::duration<double, std::milli>(*took).count();
  return print_ending({fmt::format("healthy: {} answered in {:.1f} ms\n", url, ms), kExitSuccess});
}

}  // namespace echod
