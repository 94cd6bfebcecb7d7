// The verb `version`: what this echod is, and what it can do here.
#pragma once

#include <string>

namespace echod {

// One JSON object, described by docs/version.schema.json: version, commit, compiler, target,
// linkage, libraries, protocols, content codings, and each engine with the reason if it is missing.
// Probes io_uring, which takes a few milliseconds. Ends with a line feed.
std::string version_json();

// `echod version [--json]`; `argv` begins with the verb. Returns the exit status.
int version(int argc, const char* const* argv);

}  // namespace echod
