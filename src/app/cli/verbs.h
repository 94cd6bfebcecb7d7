// All verbs, for code that needs every option: documents, completions, the check of a whole
// configuration file, and misspelt variables.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/cli/option.h"

namespace echod {

// Calls `visit` for serve, bench, bench compare, bench merge, health and sim, with the verb's own
// options at their defaults. The members that a table fills exist only during the call.
void visit_verbs(const std::function<void(const Verb& verb, const OptionTable& table)>& visit);

// A message for each ECHOD_* variable in `environment` (as passed to main()) that belongs to no
// option, such as "unknown variable ECHOD_WORKRES; did you mean ECHOD_WORKERS?". It is a warning,
// not an error, since others use the prefix too: if a service is called echod, Kubernetes sets
// variables such as ECHOD_PORT and ECHOD_SERVICE_HOST in every container of the namespace. Those
// are ignored.
std::vector<std::string> unknown_variables(const char* const* environment);

}  // namespace echod
