// A variable by which a service manager speaks to the program that it starts.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace echod {

// The variable's value, or nothing if it is not set. Removes it from the environment, so that no
// program started from here takes it for its own (sd_listen_fds(3), sd_notify(3)).
// For the start of the program, before there are other threads.
inline std::optional<std::string> take_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string text(value);
  ::unsetenv(name);
  return text;
}

}  // namespace echod
