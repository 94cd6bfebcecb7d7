// What `echod sim` can be told, and its defaults.
#pragma once

#include <cstdint>
#include <optional>

#include "app/cli/command_parser.h"
#include "engine/engine.h"

namespace echod {

struct SimOptions {
  uint64_t seed = 1;                      // of the first world
  uint64_t seeds = 1;                     // worlds, with one seed after the other
  uint64_t jobs = 0;                      // worlds at the same time; 0: as many as CPUs
  std::optional<EngineKind> engine = {};  // epoll or uring; none: the seed's choice
  bool faults = true;
};

// Each row of the table fills its member of `options`, which must outlive the table.
Verb sim_verb();
OptionTable sim_table(SimOptions& options);

}  // namespace echod
