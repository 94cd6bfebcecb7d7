// echod: reads the command line and runs the verb it names.
#include <cstdio>

#include "app/options.h"
#include "app/serve.h"

int main(int argc, char** argv) {
  echod::CommandLine command = echod::parse_command_line(argc, argv);
  if (command.serve) return echod::serve(*command.serve);
  std::fputs(command.text.c_str(), command.exit_code == echod::kExitSuccess ? stdout : stderr);
  return command.exit_code;
}
