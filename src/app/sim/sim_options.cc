#include "app/sim/sim_options.h"

namespace echod {

Verb sim_verb() {
  return {
      .name = "echod sim",
      .usage = "[OPTIONS]",
      .summary = "deterministic simulation testing",
      .description =
          "Runs the server with its clients in simulated worlds: one thread, a kernel, a network "
          "and a\n"
          "clock made up from a seed, and faults of every kind. Checks that every byte comes "
          "back, in\norder, once, and that nothing is left over.\n",
      .footer =
          "A failure prints the command that repeats it.\n"
          "Exit status: 0 all worlds passed, 1 one failed, 2 usage error.\n",
      .section = "sim"};
}

OptionTable sim_table(SimOptions& o) {
  return {{"Simulation",
           {{.name = "seed",
             .value = as_count(o.seed, 0, UINT64_MAX),
             .help = "Random seed of the first world"},
            {.name = "seeds",
             .value = as_count(o.seeds, 1, UINT64_MAX),
             .help = "Number of worlds, with consecutive seeds"},
            {.name = "jobs",
             .value = as_count(o.jobs, 1, 1024),
             .help = "Worlds to run at the same time",
             .default_note = "one per CPU",
             .example = "2"},
            {.name = "engine",
             .value = as_choice<std::optional<EngineKind>>(o.engine, {{"epoll", EngineKind::kEpoll},
                                                                      {"uring", EngineKind::kUring},
                                                                      {"any", std::nullopt}}),
             .help = "Engine of the server; any: the seed's choice"},
            {.name = "faults", .value = as_flag(o.faults), .help = "Inject faults"}}}};
}

}  // namespace echod
