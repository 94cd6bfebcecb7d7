// All verbs together, for what is about every option there is: documents, completions, the check of
// a whole configuration file, and misspelt variables.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/cli/option.h"

namespace echod {

// Calls `visit` for serve, bench, bench compare, bench merge and sim, with the verb's own options
// at their defaults. What a table fills lives as long as the call.
void visit_verbs(const std::function<void(const Verb& verb, const OptionTable& table)>& visit);

// A sentence for each ECHOD_* variable of `environment` (as main() gets it) that no option has, as
// "unknown variable ECHOD_WORKRES; did you mean ECHOD_WORKERS?". It is a warning rather than an
// error, for the prefix is not ours alone: Kubernetes gives every container of a namespace
// variables such as ECHOD_PORT and ECHOD_SERVICE_HOST when a service is called echod, and those are
// left out.
std::vector<std::string> unknown_variables(const char* const* environment);

}  // namespace echod
