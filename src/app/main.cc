// echod: reads the command line and runs the verb it names.
#include <cstdio>
#include <new>
#include <string_view>

#include "app/bench/bench.h"
#include "app/options.h"
#include "app/serve.h"
#include "app/sim/sim.h"

namespace {

int run(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "bench") return echod::bench(argc - 1, argv + 1);
  if (argc > 1 && std::string_view(argv[1]) == "sim") return echod::simulate(argc - 1, argv + 1);
  echod::CommandLine command = echod::parse_command_line(argc, argv);
  if (command.serve) return echod::serve(*command.serve);
  std::fputs(command.text.c_str(), command.exit_code == echod::kExitSuccess ? stdout : stderr);
  return command.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("echod: out of memory\n", stderr);
    return echod::kExitFailure;
  }
}
