#include "engine/engine.h"

#include <algorithm>

#include "engine/blocking/blocking_engine.h"
#include "engine/loop_engine.h"
#include "engine/uring/uring_probe.h"

namespace echod {
namespace {

constexpr unsigned kThreadsMax = 1000;    // default of the threads engine
constexpr unsigned kPoolWorkersMin = 16;  // blocking workers mostly wait for clients

}  // namespace

std::string_view name_of(EngineKind kind) {
  switch (kind) {
    case EngineKind::kSequential:
      return "sequential";
    case EngineKind::kThreads:
      return "threads";
    case EngineKind::kPool:
      return "pool";
    case EngineKind::kEpoll:
      return "epoll";
    case EngineKind::kUring:
      return "uring";
  }
  return "unknown";
}

std::optional<EngineKind> engine_named(std::string_view name) {
  for (EngineKind kind : kEngineKinds) {
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

bool has_event_loops(EngineKind kind) {
  return kind == EngineKind::kEpoll || kind == EngineKind::kUring;
}

EngineChoice choose_engine() {
  std::expected<void, std::string> uring = probe_uring();
  if (uring) return {EngineKind::kUring, "io_uring passed its self-test"};
  return {EngineKind::kEpoll, uring.error()};
}

unsigned default_workers(EngineKind kind, unsigned processors) {
  switch (kind) {
    case EngineKind::kSequential:
      return 1;
    case EngineKind::kThreads:
      return kThreadsMax;
    case EngineKind::kPool:
      return std::max(kPoolWorkersMin, 4 * processors);
    case EngineKind::kEpoll:
    case EngineKind::kUring:
      return processors;
  }
  return 1;
}

ListenerNeeds listener_needs(const EngineOptions& options) {
  return {.sockets = has_event_loops(options.kind) ? options.workers : 1,
          .blocking = options.kind != EngineKind::kEpoll,
          .shared_blocking = options.kind == EngineKind::kUring};
}

Result<std::unique_ptr<Engine>> Engine::start(const EngineOptions& options,
                                              std::vector<Listener> listeners,
                                              ConnectionHandler& handler, Admission& admission,
                                              AcceptObserver& observer) {
  for (const Listener& listener : listeners) {
    if (Result<void> served = check_served(listener.kind); !served) {
      return std::unexpected(served.error());
    }
  }
  auto start = has_event_loops(options.kind) ? &LoopEngine::start : &BlockingEngine::start;
  return start(options, std::move(listeners), handler, admission, observer);
}

}  // namespace echod
