#include "engine/blocking/blocking_engine.h"

#include <new>

#include "base/nursery.h"
#include "engine/placement.h"

namespace echod {
namespace {

// A connection's thread uses one buffer; one or two spare ones are for the head of its response.
constexpr uint32_t kSpareBuffersPerThread = 2;

BufferPool::Options per_thread(const EngineOptions& options) {
  BufferPool::Options buffers = options.buffers;
  buffers.spare_count_max = kSpareBuffersPerThread;
  return buffers;
}

}  // namespace

BlockingServer::Thread::Thread(const BlockingService& service)
    : loop(per_thread(service.options), service.options.receive_size_max),
      worker(loop, service.workers) {}

void BlockingServer::serve(Accepted accepted) {
  try {
    if (!thread_) thread_.emplace(service_);
    Task<> task = service_.handler.serve(thread_->worker, std::move(accepted));
    task.start();
    while (!task.done()) thread_->loop.run_once();
  } catch (const std::bad_alloc&) {
    return;  // no memory: the connection is closed; nothing throws after start()
  }
}

BlockingEngine::BlockingEngine(const EngineOptions& options, ConnectionHandler& handler,
                               Admission& admission, AcceptObserver& observer)
    : options_(options),
      admission_(admission),
      observer_(observer),
      workers_(options.seed),
      service_{options_, handler, workers_} {}

Result<std::unique_ptr<Engine>> BlockingEngine::start(const EngineOptions& options,
                                                      std::vector<Listener> listeners,
                                                      ConnectionHandler& handler,
                                                      Admission& admission,
                                                      AcceptObserver& observer) {
  std::unique_ptr<BlockingEngine> engine(new BlockingEngine(options, handler, admission, observer));
  if (Result<void> made = engine->make_placement(); !made) return std::unexpected(made.error());
  auto acceptor = std::make_shared<Acceptor>();
  for (Listener& listener : listeners) {
    acceptor->listeners.push_back({.kind = listener.kind,
                                   .socket = std::move(listener.sockets.at(0)),
                                   .shared = listener.shared});
  }
  std::future<Result<void>> started = acceptor->started.get_future();
  Result<void> thread =
      engine->acceptor_.start([self = engine.get(), acceptor] { self->accept(*acceptor); });
  if (!thread) return std::unexpected(thread.error());
  if (Result<void> accepting = started.get(); !accepting) {
    return std::unexpected(accepting.error());
  }
  return engine;
}

Result<void> BlockingEngine::make_placement() {
  switch (options_.kind) {
    case EngineKind::kThreads:
      placement_ = std::make_unique<ThreadPerConnection>(service_, observer_, options_.workers);
      return {};
    case EngineKind::kPool: {
      auto pool = std::make_unique<ThreadPool>(service_, options_.queue_max);
      Result<void> started = pool->start(options_.workers);
      placement_ = std::move(pool);
      return started;
    }
    default:
      placement_ = std::make_unique<OneAtATime>(service_);
      return {};
  }
}

void BlockingEngine::accept(Acceptor& acceptor) {
  try {
    BlockingLoop loop(per_thread(options_), options_.receive_size_max);
    // Only for the phase. It may wait for a thread to be free, as long as that has a client.
    Worker worker(loop, workers_, false);
    Task<> task = accept_all(loop, acceptor);
    task.start();
    while (!task.done()) loop.run_once();
    if (Result<void> outcome = task.result(); !outcome) acceptor.started.set_value(outcome);
  } catch (const std::bad_alloc&) {
    acceptor.started.set_value(failure(Errc::kNoMemory));  // nothing throws after start()
  }
}

// If it fails, it fails before it reports that it has started.
Task<> BlockingEngine::accept_all(EventLoop& loop, Acceptor& acceptor) {
  std::vector<std::unique_ptr<Socket>> sockets;
  std::vector<ListenQueues::Entry> queues;
  std::vector<Task<>> tasks;
  tasks.reserve(acceptor.listeners.size());
  for (size_t i = 0; i < acceptor.listeners.size(); ++i) {
    sockets.push_back(std::make_unique<Socket>(loop, std::move(acceptor.listeners[i].socket)));
    if (acceptor.listeners[i].shared) sockets.back()->set_shared();
    Result<void> attached = sockets.back()->attach();
    ECHOD_CHECK(attached);  // a BlockingLoop needs no registration
    queues.push_back(workers_.listen_queues().add(i, sockets.back()->fd()));
    tasks.push_back(accept_loop(*sockets[i], i, admission_, observer_, *placement_));
  }
  acceptor.started.set_value({});
  Nursery accepting;
  for (Task<>& task : tasks) accepting.spawn(std::move(task));
  co_await accepting.join();
}

void BlockingEngine::request(Phase phase) {
  workers_.request(phase);
  if (phase >= Phase::kDraining) placement_->drain();
}

bool BlockingEngine::wait(Deadline deadline) {
  return acceptor_.wait_all(deadline) && placement_->wait(deadline);
}

BlockingEngine::~BlockingEngine() {
  if (placement_ == nullptr) return;  // start() failed
  request(Phase::kAborting);
  wait(kNever);
}

}  // namespace echod
