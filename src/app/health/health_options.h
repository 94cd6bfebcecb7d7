// The options of `echod health`.
#pragma once

#include <string>

#include "app/cli/option.h"
#include "base/clock.h"

namespace echod {

struct HealthOptions {
  std::string url;  // empty: the server that the configuration describes
  bool admin = false;
  Duration timeout = std::chrono::seconds(3);  // for everything together
  std::string config;
};

Verb health_verb();

// Each row fills its member of `options`, which must outlive the table.
OptionTable health_table(HealthOptions& options);

}  // namespace echod
