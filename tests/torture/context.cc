#include "context.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace torture {

unsigned Context::at_once(unsigned wanted) const {
  if (options.one_at_a_time) return 1;
  return options.clients == 0 ? wanted : std::min(wanted, options.clients);
}

void Context::announce(const std::string& text) {
  announced_ = text;
  if (isatty(STDERR_FILENO) == 0) return;
  fmt::print(stderr, "\r\033[K{}", text.empty() ? "" : text + " ...");
}

void Context::progress(double share) const {
  if (isatty(STDERR_FILENO) == 0) return;
  fmt::print(stderr, "\r\033[K{} ... {:.0f} %", announced_, 100 * share);
}

}  // namespace torture
