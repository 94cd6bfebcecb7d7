// A TCP client for tests, plain and blocking, which shares no code with the server. Every wait ends
// after kPatience, and what it waited for in vain is reported as a failure of the test: a broken
// server fails a test, it never hangs it. Usable on any thread, by one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/endpoint.h"
#include "net/fd.h"

namespace echod {

// What this build is instrumented with.
#if defined(__has_feature)  // clang
inline constexpr bool kAddressSanitized = __has_feature(address_sanitizer);
inline constexpr bool kThreadSanitized = __has_feature(thread_sanitizer);
#else
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitized = true;
#else
inline constexpr bool kAddressSanitized = false;
#endif
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitized = true;
#else
inline constexpr bool kThreadSanitized = false;
#endif
#endif
inline constexpr bool kSanitized = kAddressSanitized || kThreadSanitized;

// How long anything is waited for that must happen. Only a failing test ever waits this long, and
// only once: after its first failure the second of these is as long as it waits.
inline constexpr Duration kPatience = std::chrono::seconds(kSanitized ? 60 : 20);
inline constexpr Duration kPatienceAfterFailure = std::chrono::milliseconds(200);

// How long to look whether something happens that must not. It may be missed on a busy machine, so
// tests that look prove less then, but never fail for it.
inline constexpr Duration kQuiet = std::chrono::milliseconds(150);

Duration patience_now();

// For where failures are expected: from now on, how long things are waited for.
struct Patience {
  Duration at_first = kPatience;
  Duration after_failure = kPatienceAfterFailure;
};
void set_patience(const Patience& patience);

Deadline patience();  // from now

// Waits until `condition` holds, looking every few milliseconds. Returns whether it came to.
template <typename Condition>
bool eventually(Condition condition);

// An endless sequence of bytes that repeats only after more than a mebibyte, a prime number of
// bytes: whatever is lost, doubled or moved shows. Returns a non-empty run from `offset` on.
std::string_view pattern_from(uint64_t offset);

// The first `size` bytes of the pattern.
std::string pattern(size_t size);

class Client {
 public:
  struct Options {
    std::string from;          // the address to connect from; empty: the system picks it
    int receive_buffer = 0;    // SO_RCVBUF in bytes, which the kernel doubles; 0: its default
    int send_buffer = 0;       // SO_SNDBUF, likewise
    bool send_at_once = true;  // TCP_NODELAY: what one send gives is one segment
  };

  explicit Client(const Options& options);
  Client() : Client(Options{}) {}

  // Whether the server took the connection; a refusal is not a failure of the test.
  bool connect(const Endpoint& server);

  void send_all(std::string_view bytes);

  // Sends the pattern from its start until the server has taken nothing for kQuiet, or until
  // `size_max` bytes are sent, or the connection breaks. Returns how many bytes were taken.
  size_t send_until_blocked(size_t size_max);

  // No more will be sent (FIN).
  void shut_down_sending();

  // Closes the connection with a reset, or in order.
  void reset();
  void close() { socket_.close(); }

  enum class Status : uint8_t {
    kBytes,
    kFinished,  // the server sent its FIN
    kReset,     // the connection is broken
    kDeadline,  // nothing came in time
  };
  struct Received {
    Status status;
    size_t size = 0;
  };
  Received receive_some(std::span<char> room, Duration wait_max = patience_now());

  // The next `size` bytes; fewer, with a failure reported, when they do not come.
  std::string receive_exactly(size_t size);

  // All that comes up to the server's FIN; anything but a FIN is a failure.
  std::string receive_until_end();

  // Takes in what comes until the connection ends one way or the other, and tells which.
  Status wait_for_end();

  // Takes in the pattern's first `size` bytes and then the server's FIN, comparing all of it.
  // Returns what is wrong, or nothing.
  std::string receive_pattern_and_end(uint64_t size);

  // Whether bytes or the connection's end come within `wait_max`.
  bool has_news(Duration wait_max = kQuiet);

  // Sends `bytes` and receives as many at the same time, so that neither side's full buffers can
  // stop the other. Each send gives at most the next of `pieces`, in turn; none: no limit.
  std::string exchange(std::string_view bytes, std::span<const size_t> pieces = {});

  // One send or receive that does not wait; -1 where the connection is broken.
  ssize_t try_send(std::string_view bytes);
  ssize_t try_receive(std::span<char> room);

  int fd() const { return socket_.get(); }

 private:
  bool wait(short events, Deadline deadline) const;

  Fd socket_;
};

namespace internal {
void nap();
}

template <typename Condition>
bool eventually(Condition condition) {
  Deadline deadline = patience();
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    internal::nap();
  }
  return true;
}

}  // namespace echod
