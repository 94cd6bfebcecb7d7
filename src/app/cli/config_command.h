// `echod config`: checks, shows and writes configuration files, and writes the documents that are
// generated from the option tables.
#pragma once

namespace echod {

// Runs `config ...`; `argv` begins with that word. Returns the exit status: kExitUsage if a file
// has an error.
int config(int argc, const char* const* argv);

}  // namespace echod
