#include "engine/loop_engine.h"

#include <future>

#include "base/nursery.h"
#include "engine/epoll_loop.h"
#include "engine/processor.h"
#include "engine/uring_loop.h"

namespace echod {

// What one thread has: its loop, its listening sockets, its connections.
class LoopEngine::Worker final : public Placement {
 public:
  // `number`: of the engine's workers. `processor`: the one it is tied to, -1 for none.
  Worker(LoopEngine& engine, size_t number, std::vector<Fd> listeners, int processor)
      : engine_(engine), number_(number), listeners_(std::move(listeners)), processor_(processor) {}

  // The thread's body. Reports through `started` whether the loop could be made, and serves until
  // it is drained.
  void run(std::promise<Result<void>>& started) {
    // Before anything is allocated, so that the loop's memory is near its processor.
    if (processor_ >= 0 && !pin_this_thread(processor_)) processor_ = -1;
    Result<std::unique_ptr<EventLoop>> loop = create_loop();
    if (!loop) {
      started.set_value(std::unexpected(loop.error()));
      return;
    }
    loop_ = loop->get();
    if (Result<void> opened = open_listeners(); !opened) {
      sockets_.clear();
      started.set_value(opened);
      return;
    }
    LoopSet::Membership member(engine_.loops_, *loop_);
    started.set_value({});
    Task<> task = serve();
    task.start();
    while (!task.done()) loop_->run_once();
    sockets_.clear();
  }

  void place(Accepted accepted) override {
    connections_.spawn(engine_.handler_.serve(*loop_, std::move(accepted)));
  }

 private:
  Result<std::unique_ptr<EventLoop>> create_loop() {
    return engine_.options_.kind == EngineKind::kUring
               ? UringLoop::create(engine_.options_.buffers, engine_.options_.spin_max,
                                   engine_.options_.direct_max)
               : EpollLoop::create(engine_.options_.buffers, engine_.options_.spin_max);
  }

  Result<void> open_listeners() {
    for (Fd& listener : listeners_) {
      if (processor_ >= 0) prefer_incoming_processor(listener.get(), processor_);
      sockets_.push_back(std::make_unique<Socket>(*loop_, std::move(listener)));
      if (Result<void> attached = sockets_.back()->attach(); !attached) return attached;
    }
    return {};
  }

  Task<> serve() {
    Nursery accepting;
    for (size_t i = 0; i < sockets_.size(); ++i) {
      accepting.spawn(accept_loop(*sockets_[i], i, engine_.admission_, engine_.observer_, *this));
    }
    if (processor_ >= 0 && engine_.spread_watch_) accepting.spawn(watch_spread());
    co_await accepting.join();
    for (std::unique_ptr<Socket>& socket : sockets_) socket->close();
    co_await connections_.join();
  }

  // Reports to the engine's SpreadWatch until the loop drains or the preference is given up.
  Task<> watch_spread() {
    Time last = loop_->now();
    Duration used_before = thread_cpu_time();
    while (true) {
      Operation sleep = Operation::sleep(last + SpreadWatch::kInterval);
      sleep.idle = true;
      co_await loop_->perform(sleep);
      if (sleep.error) co_return;
      Time now = loop_->now();
      Duration used = thread_cpu_time();
      double busy = std::chrono::duration<double>(used - used_before) / (now - last);
      if (engine_.spread_watch_->report(number_, busy, connections_.size())) break;
      last = now;
      used_before = used;
    }
    for (std::unique_ptr<Socket>& socket : sockets_) prefer_incoming_processor(socket->fd(), -1);
  }

  LoopEngine& engine_;
  size_t number_;
  std::vector<Fd> listeners_;
  int processor_;
  EventLoop* loop_ = nullptr;
  std::vector<std::unique_ptr<Socket>> sockets_;
  Nursery connections_;
};

Result<std::unique_ptr<Engine>> LoopEngine::start(const EngineOptions& options,
                                                  std::vector<ListenerSockets> listeners,
                                                  ConnectionHandler& handler, Admission& admission,
                                                  AcceptObserver& observer) {
  std::unique_ptr<LoopEngine> engine(new LoopEngine(options, handler, admission, observer));
  std::vector<int> processors = usable_processors();
  bool tied = options.spread != Spread::kHash && options.workers == processors.size();
  if (tied && options.spread == Spread::kAuto && options.workers > 1) {
    engine->spread_watch_ = std::make_unique<SpreadWatch>(options.workers);
  }
  for (unsigned i = 0; i < options.workers; ++i) {
    std::vector<Fd> own;
    own.reserve(listeners.size());
    for (ListenerSockets& sockets : listeners) own.push_back(std::move(sockets.at(i)));
    auto worker = std::make_shared<Worker>(*engine, i, std::move(own), tied ? processors[i] : -1);
    auto started = std::make_shared<std::promise<Result<void>>>();
    std::future<Result<void>> outcome = started->get_future();
    Result<void> thread = engine->threads_.start([worker, started] { worker->run(*started); });
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
