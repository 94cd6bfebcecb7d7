// Errors are values. A peer's reset is an ordinary event for an echo server: as a value it costs a
// few nanoseconds a stack frame, thrown it costs microseconds. Exceptions are for start-up alone.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace echod {

// What went wrong, independent of the operating system's number for it.
enum class Errc : uint8_t {
  kSystem,            // an operating-system failure named only by Error::os_error
  kRefused,           // nobody listens there (ECONNREFUSED)
  kReset,             // the peer reset the connection (ECONNRESET, EPIPE)
  kTimeout,           // the operation's deadline passed
  kAborted,           // this side gave the connection up (Stream::abort, shutdown)
  kDrained,           // this side drains, and the operation asked to end then; the connection works
  kNoDescriptors,     // the process or the system is out of descriptors (EMFILE, ENFILE)
  kNoMemory,          // the kernel or a buffer pool is out of memory (ENOBUFS, ENOMEM)
  kAddressInUse,      // another socket is bound to the address
  kPermissionDenied,  // the address needs a privilege this process lacks
  kAddressInvalid,    // not an address this machine or this program can use
  kProtocol,          // the peer broke the protocol's rules
};

// What the connection was doing when it failed; kNone where that says nothing.
enum class During : uint8_t { kNone, kAccept, kConnect, kReceive, kSend };

// Small on purpose (8 bytes): it travels through every layer. No text; describe() makes it.
struct Error {
  Errc code = Errc::kSystem;
  During during = During::kNone;
  int os_error = 0;  // errno, or 0 where the failure is not the operating system's

  friend bool operator==(const Error&, const Error&) = default;
};
static_assert(sizeof(Error) == 8);

template <typename T>
using Result = std::expected<T, Error>;

// The failure as a Result's error, for `return failure(Errc::kTimeout)`.
inline std::unexpected<Error> failure(Errc code, During during = During::kNone, int os_error = 0) {
  return std::unexpected(Error{code, during, os_error});
}

// The Error for an errno value: its class where one exists, kSystem otherwise.
Error os_failure(int os_error, During during = During::kNone);

// A stable lower-case name, for machine-readable logs: "reset", "timeout", ...
std::string_view name_of(Errc code);

// One line for people, such as "reset while receiving (Connection reset by peer)".
std::string describe(const Error& error);

}  // namespace echod
