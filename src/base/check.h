// Assertions that stay on in release builds. They state invariants of our own code; failures from
// outside (a reset, a bad request) are an Error, never a failed check.
#pragma once

namespace echod {

// Prints "FILE:LINE: check failed: EXPRESSION" on standard error, with the note of this thread, if
// it has one, on a line of its own, and aborts the process.
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

// What to print with a check that fails on this thread: how to make it fail again, say. Null:
// nothing. The text must stay until it is replaced.
void set_check_note(const char* note) noexcept;

}  // namespace echod

#define ECHOD_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::echod::check_failed(#condition, __FILE__, __LINE__))
