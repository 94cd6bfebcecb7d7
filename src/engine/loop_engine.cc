#include "engine/loop_engine.h"

#include <future>

#include "engine/epoll/epoll_loop.h"
#include "engine/loop_service.h"
#include "engine/processor.h"
#include "engine/uring/uring_loop.h"

namespace echod {

// One thread with its loop and connections.
class LoopEngine::Thread final {
 public:
  // `number`: the index of the worker. `processor`: the CPU to which it is pinned, -1 for none.
  Thread(LoopEngine& engine, size_t number, std::vector<ListenerSocket> listeners, int processor)
      : engine_(engine), number_(number), listeners_(std::move(listeners)), processor_(processor) {}

  // The thread's body. Reports through `started` whether the loop could be created, and serves
  // until it has drained.
  void run(std::promise<Result<void>>& started) {
    try {
      start_and_serve(started);
    } catch (const std::bad_alloc&) {
      started.set_value(failure(Errc::kNoMemory));  // nothing throws after the start
    }
  }

 private:
  void start_and_serve(std::promise<Result<void>>& started) {
    // Before any allocation, so that the loop's memory is local to its CPU.
    if (processor_ >= 0 && !pin_this_thread(processor_)) processor_ = -1;
    Result<std::unique_ptr<EventLoop>> loop = create_loop();
    if (!loop) {
      started.set_value(std::unexpected(loop.error()));
      return;
    }
    Worker worker(**loop, engine_.workers_);
    LoopService service(worker, engine_.handler_, engine_.admission_, engine_.observer_);
    if (processor_ >= 0) prefer_processor(listeners_);
    if (Result<void> opened = service.open(std::move(listeners_)); !opened) {
      started.set_value(opened);
      return;
    }
    Task<> task = service.serve();
    if (processor_ >= 0 && engine_.spread_watch_) service.spawn(watch_spread(**loop, service));
    started.set_value({});
    task.start();
    while (!task.done()) (*loop)->run_once();
  }

  Result<std::unique_ptr<EventLoop>> create_loop() {
    return engine_.options_.kind == EngineKind::kUring
               ? UringLoop::create(engine_.options_.buffers, engine_.options_.spin_max,
                                   engine_.options_.direct_max)
               : EpollLoop::create(engine_.options_.buffers, engine_.options_.spin_max);
  }

  void prefer_processor(const std::vector<ListenerSocket>& listeners) {
    for (const ListenerSocket& listener : listeners) {
      if (!listener.shared) prefer_incoming_processor(listener.socket.get(), processor_);
    }
  }

  // Reports to the engine's SpreadWatch until the loop drains or the preference is dropped.
  Task<> watch_spread(EventLoop& loop, LoopService& service) {
    Time last = loop.now();
    Duration used_before = thread_cpu_time();
    while (true) {
      Operation sleep = Operation::sleep(last + SpreadWatch::kInterval);
      sleep.ends_on_drain = true;
      co_await loop.perform(sleep);
      if (sleep.error) co_return;
      Time now = loop.now();
      Duration used = thread_cpu_time();
      double busy = std::chrono::duration<double>(used - used_before) / (now - last);
      if (engine_.spread_watch_->report(number_, busy, service.connections())) break;
      last = now;
      used_before = used;
    }
    for (const std::unique_ptr<Socket>& listener : service.listeners()) {
      if (!listener->shared()) prefer_incoming_processor(listener->fd(), -1);
    }
  }

  LoopEngine& engine_;
  size_t number_;
  std::vector<ListenerSocket> listeners_;
  int processor_;
};

Result<std::unique_ptr<Engine>> LoopEngine::start(const EngineOptions& options,
                                                  std::vector<Listener> listeners,
                                                  ConnectionHandler& handler, Admission& admission,
                                                  AcceptObserver& observer) {
  std::unique_ptr<LoopEngine> engine(new LoopEngine(options, handler, admission, observer));
  std::vector<int> processors = usable_processors();
  bool tied = options.spread != Spread::kHash && options.workers == processors.size();
  if (tied && options.spread == Spread::kAuto && options.workers > 1) {
    engine->spread_watch_ = std::make_unique<SpreadWatch>(options.workers);
  }
  for (unsigned i = 0; i < options.workers; ++i) {
    std::vector<ListenerSocket> own;
    own.reserve(listeners.size());
    for (Listener& listener : listeners) {
      own.push_back({.kind = listener.kind,
                     .socket = std::move(listener.sockets.at(i)),
                     .shared = listener.shared});
    }
    auto own_thread =
        std::make_shared<Thread>(*engine, i, std::move(own), tied ? processors[i] : -1);
    auto started = std::make_shared<std::promise<Result<void>>>();
    std::future<Result<void>> outcome = started->get_future();
    Result<void> thread =
        engine->threads_.start([own_thread, started] { own_thread->run(*started); });
    if (!thread) return std::unexpected(thread.error());
    if (Result<void> running = outcome.get(); !running) return std::unexpected(running.error());
  }
  return engine;
}

LoopEngine::~LoopEngine() {
  request(Phase::kAborting);
  wait(kNever);
}

}  // namespace echod
