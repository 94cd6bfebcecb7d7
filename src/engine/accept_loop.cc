#include "engine/accept_loop.h"

#include <cerrno>

namespace echod {
namespace {

// Waits `length`. Returns false when the loop drains instead.
Task<bool> pause(EventLoop& loop, Duration length) {
  Operation sleep = Operation::sleep(loop.now() + length);
  sleep.idle = true;
  co_await loop.perform(sleep);
  co_return sleep.outcome().has_value();
}

// Waits until there is a place for `peer`. kFull when the loop drains first.
Task<Admission::Verdict> enter(EventLoop& loop, Admission& admission, const Endpoint& peer) {
  while (true) {
    Admission::Verdict verdict = admission.try_enter(peer);
    if (verdict != Admission::Verdict::kFull) co_return verdict;
    bool go_on = co_await pause(loop, kAdmissionPause);
    if (!go_on) co_return Admission::Verdict::kFull;
  }
}

// Failures of the one client that was to be accepted, or of its network: accept(2) lists them and
// says to treat them as "try again".
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

}  // namespace

Task<> accept_loop(Socket& listener, size_t number, Admission& admission, AcceptObserver& observer,
                   Placement& placement) {
  EventLoop& loop = listener.loop();
  while (true) {
    Arrival arrival;
    Operation operation = Operation::accept(listener, arrival);
    operation.idle = true;
    co_await loop.perform(operation);
    if (operation.error) {
      if (operation.error->code == Errc::kAborted) co_return;
      if (concerns_one_client(*operation.error)) continue;
      observer.accept_paused(*operation.error);
      bool go_on = co_await pause(loop, kAcceptPause);
      if (!go_on) co_return;
      continue;
    }
    Endpoint peer = arrival.endpoint();
    Admission::Verdict verdict = co_await enter(loop, admission, peer);
    if (verdict == Admission::Verdict::kAdmitted) {
      placement.place({std::move(arrival.socket), admission.ticket(peer), number});
    } else if (verdict == Admission::Verdict::kSourceFull) {
      observer.source_refused(peer);
    } else {
      co_return;
    }
  }
}

}  // namespace echod
