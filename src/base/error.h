// Errors are values. A peer's reset is an ordinary event for an echo server: as a value it costs a
// few nanoseconds a stack frame, thrown it costs microseconds. Exceptions are for start-up alone.
//
// An Error says what went wrong (code), what the connection was doing (during), which layer noticed
// it (layer), what exactly that layer noticed (detail) and the system's own number (os_error). A
// decision looks at these, never at a text: texts are for people, and describe() makes them.
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

// Which layer noticed the failure.
enum class Layer : uint8_t {
  kTransport,  // sockets, event loops and streams; memory
  kResolver,   // names into addresses
  kProtocol,   // what is spoken over the stream
};

// What exactly the layer noticed, where a caller decides by it. text_of() has a literal for each.
enum class Detail : uint8_t {
  kNone,
  kNoSocket,         // kTransport: there was no socket to connect, so nothing was sent
  kClosedByAdmin,    // kTransport: the operator closed the connection
  kUnknownHost,      // kResolver: the name does not exist, or has no address
  kResolverFailed,   // kResolver: no answer, so the name may exist
  kCorruptData,      // kProtocol: received bytes differ from those that were sent
  kClosedEarly,      // kProtocol: the peer closed the connection with responses outstanding
  kUnexpectedReply,  // kProtocol: the reply breaks the protocol, or is not an echo
};

// Small on purpose: every coroutine frame has one, and a Result<void> of it comes back in
// registers. So the detail is an index into a table of literals: a pointer to a literal would
// double the size.
struct Error {
  Errc code = Errc::kSystem;
  During during = During::kNone;
  Layer layer = Layer::kTransport;
  Detail detail = Detail::kNone;
  int os_error = 0;  // errno, or 0 where the failure is not the operating system's

  friend bool operator==(const Error&, const Error&) = default;
};
static_assert(sizeof(Error) == 8);

template <typename T>
using Result = std::expected<T, Error>;

// The failure as a Result's error, for `return failure(Errc::kTimeout)`.
inline std::unexpected<Error> failure(Errc code, During during = During::kNone, int os_error = 0) {
  return std::unexpected(Error{.code = code, .during = during, .os_error = os_error});
}

// `error`, with what exactly `layer` noticed.
constexpr Error with_detail(Error error, Layer layer, Detail detail) {
  error.layer = layer;
  error.detail = detail;
  return error;
}

// The Error for an errno value: its class where one exists, kSystem otherwise.
Error os_failure(int os_error, During during = During::kNone);

// A stable lower-case name, for machine-readable logs: "reset", "timeout", ...
std::string_view name_of(Errc code);

// For people: "cannot open a socket"; empty for kNone.
std::string_view text_of(Detail detail);

// One line for people, such as "reset while receiving (Connection reset by peer)"; the detail,
// where there is one, comes first: "cannot open a socket: no descriptors (Too many open files)".
std::string describe(const Error& error);

}  // namespace echod
