#include "app/bench/load/worker.h"

#include <algorithm>

#include "engine/epoll/epoll_loop.h"
#include "engine/processor.h"
#include "engine/uring/uring_loop.h"

namespace echod {
namespace {

// How often a thread looks at the clock and at the run's state when nothing wakes it.
constexpr Duration kTick = std::chrono::milliseconds(20);

// After the end of the measurement: for messages under way to come back, and for the server to end
// connections that have nothing under way.
constexpr Duration kGrace = std::chrono::seconds(2);
constexpr Duration kFarewell = std::chrono::milliseconds(250);

// Connections of one thread that may be in the middle of being opened.
constexpr unsigned kConnectingMax = 256;

// A buffer is a system call's worth of what may be under way on a connection.
constexpr uint64_t kBufferSizeMin = 16 * 1024;
constexpr uint64_t kBufferSizeMax = 64 * 1024;

BufferPool::Options buffers_for(const BenchSetup& setup) {
  uint64_t size_max = 0;
  for (const SizeShare& share : setup.options.sizes) size_max = std::max(size_max, share.size);
  const uint64_t wanted = std::min(size_max, kBufferSizeMax) * setup.pipeline;
  BufferPool::Options buffers;
  buffers.buffer_size = static_cast<uint32_t>(std::clamp(wanted, kBufferSizeMin, kBufferSizeMax));
  return buffers;
}

uint64_t share_of(uint64_t total, unsigned threads, unsigned index) {
  return total / threads + (index < total % threads ? 1 : 0);
}

bool service_apart(const BenchSetup& setup) {
  return setup.open_loop() || setup.options.connect_each;
}

}  // namespace

BenchWorker::BenchWorker(const BenchSetup& setup, RunWindow& window, unsigned index)
    : setup_(setup),
      window_(window),
      index_(index),
      recorder_(window, setup.slice_length, service_apart(setup)) {}

Result<void> BenchWorker::run() {
  if (setup_.options.pin) {
    const std::vector<int> processors = usable_processors();
    pin_this_thread(processors[index_ % processors.size()]);
  }
  wake_on_time();
  Result<std::unique_ptr<EventLoop>> loop = setup_.engine == EngineKind::kUring
                                                ? UringLoop::create(buffers_for(setup_))
                                                : EpollLoop::create(buffers_for(setup_));
  window_.threads_ready.fetch_add(1);
  window_.threads_ready.notify_one();
  if (!loop) return std::unexpected(loop.error());
  window_.start.wait(kNever);
  start_ = window_.start.load();
  next_tick_ = start_;
  loop_ = loop->get();
  Tester tester{.setup = setup_,
                .window = window_,
                .loop = *loop_,
                .recorder = recorder_,
                .sizes = SizeMix(setup_.options.sizes, index_)};
  tester_ = &tester;
  if (setup_.open_loop()) tester.schedule.emplace(start_, setup_.rate, setup_.connections());
  if (setup_.options.messages) {
    tester.quota = share_of(*setup_.options.messages, setup_.threads, index_);
  }
  Task<> task = serve();
  task.start();
  while (!task.done()) {
    const Time now = tester.clock.now();
    if (now >= next_tick_) tick(now);
    pace(now);
    if (!task.done()) loop_->run_once_by(std::min(next_tick_, due_next()));
  }
  if (!cpu_measured_) measure_cpu(tester.clock.now());
  recorder_.finish();
  active_.clear();
  idle_.clear();
  return {};
}

Task<> BenchWorker::serve() {
  using Role = BenchConnection::Role;
  for (uint64_t i = index_; i < setup_.options.idle; i += setup_.threads) {
    idle_.push_back(std::make_unique<BenchConnection>(*tester_, i, Role::kIdle));
  }
  for (uint64_t i = index_; i < setup_.connections(); i += setup_.threads) {
    active_.push_back(std::make_unique<BenchConnection>(*tester_, i, Role::kActive));
  }
  Nursery quiet;
  for (const std::unique_ptr<BenchConnection>& connection : idle_) {
    co_await room_to_connect();
    if (tester_->stopping) break;
    quiet.spawn(connection->run());
    ++quiet_opened_;
  }
  Nursery busy;
  for (size_t i = 0; i < active_.size(); ++i) {
    co_await until(opening_time(i));
    co_await room_to_connect();
    if (tester_->stopping) break;
    begin_schedule(*active_[i], i);
    busy.spawn(active_[i]->run());
    ++opened_;
  }
  co_await busy.join();
  ending_ = Ending::kQuiet;
  tester_->stopping = true;
  give_up_ = tester_->clock.now() + kGrace;
  tester_->checking_idle = true;
  for (size_t i = 0; i < quiet_opened_; ++i) idle_[i]->wake();
  co_await quiet.join();
}

// When the worker's connection `index` is to be opened.
Time BenchWorker::opening_time(size_t index) const {
  const auto number = static_cast<double>(index * setup_.threads + index_);
  const auto gap_ns = static_cast<double>(setup_.opening.count()) / setup_.connections();
  return start_ + Duration(static_cast<int64_t>(number * gap_ns));
}

Task<> BenchWorker::until(Time time) {
  while (!tester_->stopping && tester_->clock.now() < time) {
    Operation sleep = Operation::sleep(std::min(time, tester_->clock.now() + kTick));
    co_await loop_->perform(sleep);
  }
}

// A burst of connects overflows the server's queue, and the kernel tries again after a second only.
Task<> BenchWorker::room_to_connect() {
  while (!tester_->stopping && tester_->connecting >= kConnectingMax) {
    Operation sleep = Operation::sleep(tester_->clock.now() + std::chrono::milliseconds(1));
    co_await loop_->perform(sleep);
  }
}

// What was due before both the connection's opening and the measurement is nobody's business. What
// was due in the measurement is, however long opening the connection took.
void BenchWorker::begin_schedule(BenchConnection& connection, size_t index) {
  if (!tester_->schedule) return;
  const uint64_t number = index * setup_.threads + index_;
  const Time from = window_.from.load(std::memory_order_relaxed);
  connection.set_first_due(
      tester_->schedule->first_from(number, std::min(from, tester_->clock.now())));
}

// The time of the schedule's next turn, or kNever.
Time BenchWorker::due_next() const {
  if (!tester_->schedule || active_.empty() || tester_->stopping) return kNever;
  return tester_->schedule->due(turn_.connection * setup_.threads + index_, turn_.message);
}

// Lets every connection know of the messages that have become due, then wakes each one once.
void BenchWorker::pace(Time now) {
  if (due_next() > now) return;
  const Time end = std::min(now + Duration(1), window_.until.load(std::memory_order_relaxed));
  due_.clear();
  for (size_t turns = 0; due_next() < end; ++turns) {
    if (turn_.connection < opened_) {
      BenchConnection& connection = *active_[turn_.connection];
      connection.set_due(std::max(connection.due_end(), turn_.message + 1));
      if (turns < active_.size()) due_.push_back(&connection);
    }
    if (++turn_.connection == active_.size())
      turn_ = {.connection = 0, .message = turn_.message + 1};
  }
  for (BenchConnection* connection : due_) connection->fire();
}

void BenchWorker::tick(Time now) {
  const Time end = window_.until.load(std::memory_order_relaxed);
  next_tick_ = now < end ? std::min(now + kTick, end) : now + kTick;
  recorder_.pass(now);
  measure_cpu(now);
  if (now >= next_age_check_) {
    next_age_check_ = now + std::clamp<Duration>(setup_.options.timeout / 20, kTick,
                                                 std::chrono::milliseconds(500));
    for (size_t i = 0; i < opened_; ++i) active_[i]->check_age(now);
  }
  if (ending_ == Ending::kNotYet && now >= end) stop(now);
  if (ending_ == Ending::kBusy && now >= farewell_ && !busy()) give_up_ = now;
  if (now < give_up_) return;
  give_up_ = kNever;
  const bool quiet = ending_ == Ending::kQuiet;
  const size_t count = quiet ? quiet_opened_ : opened_;
  for (size_t i = 0; i < count; ++i) (quiet ? idle_ : active_)[i]->give_up();
}

// The measurement is over: nothing more is begun, and what is under way may come back.
void BenchWorker::stop(Time now) {
  ending_ = Ending::kBusy;
  farewell_ = now + kFarewell;
  give_up_ = now + std::min(kGrace, setup_.options.timeout);
  pace(now);
  recorder_.ending();
  tester_->stopping = true;
  for (size_t i = 0; i < opened_; ++i) active_[i]->wake();
}

bool BenchWorker::busy() const {
  return std::ranges::any_of(active_, [](const auto& connection) { return connection->busy(); });
}

void BenchWorker::measure_cpu(Time now) {
  const bool measuring = now >= window_.from.load(std::memory_order_relaxed);
  if (!measuring || cpu_measured_) return;
  if (cpu_since_ == kNever) {
    cpu_since_ = now;
    cpu_at_start_ = thread_cpu_time();
    return;
  }
  cpu_ = thread_cpu_time() - cpu_at_start_;
  cpu_span_ = now - cpu_since_;
  cpu_measured_ = ending_ != Ending::kNotYet || now >= window_.until.load();
}

}  // namespace echod
