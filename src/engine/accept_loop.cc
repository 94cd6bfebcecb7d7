#include "engine/accept_loop.h"

#include <cerrno>
#include <new>

namespace echod {
namespace {

// The next step after an attempt to accept a client.
enum class Next : uint8_t {
  kAccept,    // accept the next one
  kPause,     // a resource is exhausted: wait before the next one
  kTryAgain,  // connection limit reached: wait, then retry this client
  kDrained,   // the loop is draining
};

void report_pause(AcceptObserver& observer, const Error& error) noexcept {
  try {
    observer.accept_paused(error);
  } catch (const std::bad_alloc&) {
    return;  // the report is lost; the pause is what matters
  }
}

// Errors of the one client to be accepted, or of its network: accept(2) lists them and says to
// treat them like EAGAIN.
bool concerns_one_client(const Error& error) {
  switch (error.os_error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:  // a firewall rule
      return true;
    default:
      return false;
  }
}

Next after_failure(const Error& error, AcceptObserver& observer) noexcept {
  if (error.code == Errc::kDrained || error.code == Errc::kAborted) return Next::kDrained;
  if (concerns_one_client(error)) return Next::kAccept;
  report_pause(observer, error);
  return Next::kPause;
}

// Admits the client and places it. If there is no memory, the client is closed, and accepting
// pauses.
Next admit(Arrival& arrival, size_t number, Admission& admission, AcceptObserver& observer,
           Placement& placement) noexcept {
  const Endpoint peer = arrival.endpoint();
  try {
    auto ticket = admission.try_enter(peer);
    if (ticket) {
      placement.place({std::move(arrival.socket), std::move(*ticket), number});
    } else if (ticket.error() == Admission::Refusal::kSourceFull) {
      observer.source_refused(peer);
    } else {
      return Next::kTryAgain;
    }
    return Next::kAccept;
  } catch (const std::bad_alloc&) {
    report_pause(observer, Error{Errc::kNoMemory, During::kAccept});
    return Next::kPause;
  }
}

}  // namespace

// It must survive a lack of memory, so it calls no other coroutine, which would need a frame.
Task<> accept_loop(Socket& listener, size_t number, Admission& admission, AcceptObserver& observer,
                   Placement& placement) {
  EventLoop& loop = listener.loop();
  while (true) {
    Arrival arrival;
    Operation accept = Operation::accept(listener, arrival);
    accept.ends_on_drain = true;
    co_await loop.perform(accept);
    Next next = accept.error ? after_failure(*accept.error, observer)
                             : admit(arrival, number, admission, observer, placement);
    while (next == Next::kPause || next == Next::kTryAgain) {
      Operation sleep =
          Operation::sleep(loop.now() + (next == Next::kPause ? kAcceptPause : kAdmissionPause));
      sleep.ends_on_drain = true;
      co_await loop.perform(sleep);
      if (sleep.error) {
        next = Next::kDrained;
      } else if (next == Next::kPause) {
        next = Next::kAccept;
      } else {
        next = admit(arrival, number, admission, observer, placement);
      }
    }
    if (next == Next::kDrained) co_return;
  }
}

}  // namespace echod
