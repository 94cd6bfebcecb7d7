#include "app/cli/verbs.h"

#include <algorithm>
#include <string_view>

#include "app/bench/options.h"
#include "app/cli/command_parser.h"
#include "app/cli/serve_options.h"
#include "app/cli/suggestion.h"
#include "app/health/health_options.h"
#include "app/sim/sim_options.h"

namespace echod {
namespace {

std::vector<std::string> variable_names() {
  std::vector<std::string> names;
  visit_verbs([&names](const Verb& verb, const OptionTable& own) {
    std::string config_file;
    for (const OptionGroup& group : with_shared_options(verb, own, config_file)) {
      for (const Option& option : group.options) {
        const std::string name = variable_of(verb, option);
        if (!name.empty()) names.push_back(name);
      }
    }
  });
  return names;
}

// Whether Kubernetes sets a variable of this name for a service: ECHOD_SERVICE_PORT_HTTP,
// ECHOD_PORT_80_TCP.
bool is_of_service(std::string_view name) {
  return name.contains("_SERVICE_HOST") || name.contains("_SERVICE_PORT") ||
         name.contains("_PORT_") || name.ends_with("_PORT");
}

}  // namespace

void visit_verbs(const std::function<void(const Verb& verb, const OptionTable& table)>& visit) {
  ServeOptions serve;
  visit(serve_verb(), serve_table(serve));
  BenchOptions bench;
  visit(bench_verb(), bench_table(bench));
  CompareOptions compare;
  visit(compare_verb(), compare_table(compare));
  MergeOptions merge;
  visit(merge_verb(), merge_table(merge));
  HealthOptions health;
  visit(health_verb(), health_table(health));
  SimOptions sim;
  visit(sim_verb(), sim_table(sim));
}

std::vector<std::string> unknown_variables(const char* const* environment) {
  std::vector<std::string> sentences;
  std::vector<std::string> known;
  for (; *environment != nullptr; ++environment) {
    const std::string_view variable = *environment;
    const std::string name(variable.substr(0, variable.find('=')));
    if (!name.starts_with("ECHOD_") || is_of_service(name)) continue;
    if (known.empty()) known = variable_names();
    if (std::ranges::find(known, name) != known.end()) continue;
    sentences.push_back("unknown variable " + name + did_you_mean(name, known));
  }
  return sentences;
}

}  // namespace echod
