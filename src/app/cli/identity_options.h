// The options by which one tells replicas and their requests apart: --show-environment,
// --access-log-skip.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/cli/option.h"
#include "app/log/access_log_skip.h"
#include "http/environment.h"

namespace echod {

inline constexpr size_t kShownVariablesMax = 32;
inline constexpr size_t kShownNameSizeMax = 128;  // bytes
// Bytes. Each reflection escapes all values anew, as often as clients ask for one. A name in
// Kubernetes has at most 253.
inline constexpr size_t kShownValueSizeMax = 256;

// --show-environment: fills `names`, without duplicates.
Option show_environment_option(std::vector<std::string>& names);

// --access-log-skip.
Option access_log_skip_option(std::vector<AccessLogSkip>& skips);

// The variables of the process's environment to show, and what the operator should know of them:
// one line for each variable that is unset, has a credential's name, was cut to
// kShownValueSizeMax, or has no room in the response field.
struct EnvironmentReading {
  http::ShownEnvironment environment;
  std::vector<std::string> warnings;
};

// HOSTNAME, which shells set but do not pass on, is the machine's name if the variable is unset. A
// reload calls it beside other threads, none of which sets variables.
EnvironmentReading read_environment(const std::vector<std::string>& names);

}  // namespace echod
