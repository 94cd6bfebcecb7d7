#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace echod {
namespace {

constinit thread_local const char* check_note = nullptr;

}  // namespace

void set_check_note(const char* note) noexcept { check_note = note; }

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, expression);
  if (check_note != nullptr) std::fprintf(stderr, "%s\n", check_note);
  std::abort();
}

}  // namespace echod
