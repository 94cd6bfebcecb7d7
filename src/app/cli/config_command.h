// `echod config`: checks, shows and writes configuration files, and writes the documents that are
// made of the tables of options.
#pragma once

namespace echod {

// Runs `config ...`, given from that word on. Returns the exit status: kExitUsage where a file has
// a mistake.
int config(int argc, const char* const* argv);

}  // namespace echod
