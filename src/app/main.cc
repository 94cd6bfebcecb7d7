// echod: reads the command line and runs the verb it names.
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "app/bench/bench.h"
#include "app/cli/command_parser.h"
#include "app/cli/config_command.h"
#include "app/cli/live_options.h"
#include "app/cli/verbs.h"
#include "app/health/health.h"
#include "app/log/log.h"
#include "app/serve/serve.h"
#include "app/sim/sim.h"
#include "app/version/build_info.h"
#include "app/version/version.h"
#include "net/resolver.h"

namespace {

// "echod help bench" is "echod bench --help".
std::vector<const char*> usual_arguments(int argc, char** argv) {
  std::vector<const char*> arguments(argv, argv + argc);
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "help" && argc <= 3) {
    arguments.erase(arguments.begin() + 1);
    const std::string_view topic = argc == 3 ? argv[2] : "serve";
    const bool known = topic == "serve" || topic == "bench" || topic == "sim" ||
                       topic == "config" || topic == "health" || topic == "version";
    if (known) arguments.push_back("--help");  // else it is an unknown command
  }
  return arguments;
}

void warn(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    std::string shown;  // a name may hold anything
    echod::append_escaped(shown, warning);
    std::fprintf(stderr, "echod: warning: %s\n", shown.c_str());
  }
}

int run(int argc, char** argv, char** environment) {
  if (echod::build_info().is_static) echod::resolve_without_plugins();
  const std::vector<const char*> arguments = usual_arguments(argc, argv);
  const int count = static_cast<int>(arguments.size());
  const std::string_view verb = count > 1 ? arguments[1] : "";
  const std::vector<std::string> warnings = echod::unknown_variables(environment);
  if (verb == "bench" || verb == "sim" || verb == "config") warn(warnings);
  if (verb == "bench") return echod::bench(count - 1, arguments.data() + 1);
  if (verb == "sim") return echod::simulate(count - 1, arguments.data() + 1);
  if (verb == "health") return echod::health(count - 1, arguments.data() + 1);
  if (verb == "config") return echod::config(count - 1, arguments.data() + 1);
  if (verb == "version") return echod::version(count - 1, arguments.data() + 1);
  echod::LiveOptions options(count, arguments.data());
  if (const auto ending = options.read(warnings)) return echod::print_ending(*ending);
  return echod::serve(options);
}

}  // namespace

int main(int argc, char** argv, char** environment) {
  try {
    return run(argc, argv, environment);
  } catch (const std::bad_alloc&) {
    std::fputs("echod: out of memory\n", stderr);
    return echod::kExitFailure;
  } catch (const std::exception& error) {  // a thread that the system does not give, for example
    std::fprintf(stderr, "echod: cannot start: %s; limits of memory or threads may be too low\n",
                 error.what());
    return echod::kExitFailure;
  }
}
