#include "app/bench/load/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "app/bench/load/environment.h"
#include "app/bench/load/setup.h"
#include "app/bench/load/worker.h"
#include "app/bench/report/timeline.h"
#include "engine/processor.h"
#include "engine/thread_group.h"
#include "net/socket_options.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

// How often the coordinating thread looks at the others.
constexpr Duration kPoll = std::chrono::milliseconds(20);

// Slices of the time series, so that whoever watches need not wait for a whole step.
constexpr Duration kSliceMax = std::chrono::milliseconds(200);

// Attempts at each of the target's addresses before a run that reached nothing is called off.
constexpr uint64_t kAttempts = 3;

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

uint64_t nanoseconds_of(Time time) {
  return static_cast<uint64_t>(Duration(time.time_since_epoch()).count());
}

class Run {
 public:
  Run(const BenchOptions& options, BenchSetup setup, BenchObserver& observer)
      : options_(options),
        setup_(std::move(setup)),
        observer_(observer),
        slices_per_interval_(
            static_cast<uint64_t>((options.interval + kSliceMax - Duration(1)) / kSliceMax)),
        duration_(bench_duration(options)),
        warm_up_(bench_warm_up(options)),
        timeline_(options.interval, slices_per_interval_, setup_.threads) {}

  std::expected<BenchResult, std::string> perform() {
    setup_.slice_length = options_.interval / static_cast<int64_t>(slices_per_interval_);
    BenchResult result;
    result.environment = bench_environment(name_of(setup_.engine));
    if (auto started = start_threads(); !started) return Failure(started.error());
    begin();
    bool ended = false;
    while (!ended) {
      ended = threads_.wait_all(clock_.now() + kPoll);
      look(clock_.now());
    }
    for (const Result<void>& outcome : outcomes_) {
      if (!outcome) {
        return Failure(fmt::format("cannot make an event loop: {}; try another with --engine",
                                   describe(outcome.error())));
      }
    }
    if (nothing_reached()) return Failure(explain_nothing_reached());
    fill(result);
    return result;
  }

 private:
  // All at once, and not before every thread can: what making them took is not the server's.
  void begin() {
    for (unsigned ready = 0; ready < setup_.threads; ready = window_.threads_ready.load()) {
      window_.threads_ready.wait(ready);
    }
    start_at(clock_.now());
  }

  void start_at(Time start) {
    if (warm_up_ == Duration::zero()) begin_measuring(start + setup_.opening);
    window_.start.store(start);
    window_.start.notify_all();
  }

  void begin_measuring(Time from) {
    if (duration_) window_.until.store(from + *duration_);
    window_.from.store(from);
  }

  std::expected<void, std::string> start_threads() {
    outcomes_.resize(setup_.threads);
    for (unsigned i = 0; i < setup_.threads; ++i) {
      workers_.push_back(std::make_unique<BenchWorker>(setup_, window_, i));
    }
    for (unsigned i = 0; i < setup_.threads; ++i) {
      Result<void> started = threads_.start([this, i] { outcomes_[i] = workers_[i]->run(); });
      if (!started) {
        start_at(clock_.now());
        end_now(clock_.now());
        threads_.wait_all(kNever);
        return Failure(fmt::format("cannot start a thread: {}", describe(started.error())));
      }
    }
    return {};
  }

  // One look at the threads: takes what they hand over, moves the run on, tells the observer.
  void look(Time now) {
    uint64_t complete_below = UINT64_MAX;
    for (unsigned i = 0; i < setup_.threads; ++i) {
      uint64_t below = 0;
      for (Slice& slice : workers_[i]->recorder().take_slices(below)) {
        errors_ += slice.errors;
        timeline_.add(i, std::move(slice));
      }
      complete_below = std::min(complete_below, below);
    }
    timeline_.complete(complete_below);
    const uint64_t opened = window_.opened.load();
    if (window_.from.load() == kNever && opened >= options_.connections + options_.idle) {
      begin_measuring(now + warm_up_);
    }
    if (nothing_reached()) end_now(now);
    if (gives_up(now)) {
      gave_up_ = true;
      end_now(now);
    }
    if (observer_.interrupted() && !interrupted_) {
      interrupted_ = true;
      end_now(now);
    }
    observer_.progress(progress(now, opened));
  }

  void end_now(Time now) {
    if (window_.from.load() == kNever) window_.from.store(now);
    if (now < window_.until.load()) window_.until.store(std::max(now, window_.from.load()));
    if (now < window_.from.load()) window_.from.store(now), window_.until.store(now);
  }

  // A run that no time ends is ended where, for longer than the timeout, messages failed and none
  // came back: it would go on for ever.
  bool gives_up(Time now) {
    if (duration_ || gave_up_) return false;
    const uint64_t messages = timeline_.messages();
    if (messages != progress_messages_ || window_.start.load() == kNever) {
      progress_messages_ = messages;
      progress_errors_ = errors_;
      progress_at_ = now;
      return false;
    }
    return errors_ > progress_errors_ && now - progress_at_ > options_.timeout;
  }

  bool nothing_reached() const {
    const uint64_t attempts = std::min<uint64_t>(
        kAttempts, std::max<uint64_t>(1, uint64_t{options_.connections} + options_.idle));
    return window_.reached_endpoint.load() == RunWindow::kNotReached &&
           window_.connect_failures.load() >= attempts * setup_.endpoints.size();
  }

  std::string explain_nothing_reached() const {
    std::string why = "no connection could be made";
    for (const auto& worker : workers_) {
      const std::vector<std::string>& errors = worker->recorder().first_errors();
      if (errors.empty()) continue;
      const std::string& text = errors.front();
      const size_t colon = text.find(": ");
      why = colon == std::string::npos ? text : text.substr(colon + 2);
      break;
    }
    if (!why.starts_with("cannot connect")) return why;
    const std::string& host = options_.target.host;
    const bool ipv6 = host.find(':') != std::string::npos;
    return fmt::format("{}; is the server running there? To start one here: echod --listen {}:{}",
                       why, ipv6 ? "'[" + host + "]" : host,
                       std::to_string(options_.target.port) + (ipv6 ? "'" : ""));
  }

  BenchProgress progress(Time now, uint64_t opened) const {
    const Time from = window_.from.load();
    const Time until = window_.until.load();
    BenchProgress progress{.opened = opened,
                           .messages = timeline_.messages(),
                           .errors = errors_,
                           .last = timeline_.last_complete(),
                           .latency = timeline_.latency()};
    using Stage = BenchProgress::Stage;
    if (from == kNever) return progress;
    progress.stage = now < from ? Stage::kWarmingUp : Stage::kMeasuring;
    if (now < from) return progress;
    if (now >= until) progress.stage = Stage::kEnding;
    const Time at = std::min(now, until);
    progress.elapsed_s = seconds(at - from);
    if (duration_) progress.share = progress.elapsed_s / std::max(seconds(*duration_), 1e-9);
    if (options_.messages) {
      progress.share = std::max(progress.share, static_cast<double>(progress.messages) /
                                                    static_cast<double>(*options_.messages));
    }
    progress.share = std::min(progress.share, 1.0);
    return progress;
  }

  // The measurement's length: to its end, or to the last echo where all messages were sent before.
  Duration elapsed(Time last_echo) const {
    const Time from = window_.from.load();
    const Time until = window_.until.load();
    if (from == kNever) return Duration::zero();
    const bool all_sent = options_.messages && !interrupted_;
    Time end = until;
    if (all_sent && last_echo < until) end = last_echo;
    if (end == kNever || end < from) return Duration::zero();
    return end - from;
  }

  void fill(BenchResult& result) {
    result.plan = bench_plan(setup_);
    result.interrupted = interrupted_;
    result.gave_up = gave_up_;
    Time last_echo = Time::min();
    Histogram lag;
    Duration cpu = Duration::zero();
    Duration span = Duration::zero();
    for (const std::unique_ptr<BenchWorker>& worker : workers_) {
      const Recorder& found = worker->recorder();
      result.connects += found.connects();
      result.unanswered += found.unanswered();
      result.late_sends += found.late_sends();
      result.service.add(found.service());
      result.connect.add(found.connect());
      lag.add(found.lag());
      for (const auto& [kind, count] : found.errors()) result.errors[kind] += count;
      for (const std::string& text : found.first_errors()) {
        if (result.first_errors.size() < Recorder::kFirstErrorsMax) {
          result.first_errors.push_back(text);
        }
      }
      last_echo = std::max(last_echo, found.last_echo());
      cpu += worker->cpu();
      span = std::max(span, worker->cpu_span());
    }
    const Duration took = elapsed(last_echo);
    result.elapsed_s = seconds(took);
    if (took > Duration::zero()) {
      const Time from = window_.from.load();
      result.window_begin_ns = nanoseconds_of(from);
      result.window_end_ns = nanoseconds_of(from + took);
    }
    result.intervals = timeline_.finish(took);
    result.messages = timeline_.messages();
    result.bytes = timeline_.bytes();
    result.latency = timeline_.latency();
    if (result.service.count() == 0) result.service = result.latency;
    result.schedule_lag_p99_ns = lag.value_at(99);
    result.tester_cpu_s = seconds(cpu);
    const auto processors =
        static_cast<double>(std::min<size_t>(setup_.threads, usable_processors().size()));
    if (span > Duration::zero()) result.tester_cpu_busy = seconds(cpu) / seconds(span) / processors;
  }

  const BenchOptions& options_;
  BenchSetup setup_;
  BenchObserver& observer_;
  const uint64_t slices_per_interval_;
  const std::optional<Duration> duration_;
  const Duration warm_up_;
  MonotonicClock clock_;
  RunWindow window_;
  Timeline timeline_;
  uint64_t errors_ = 0;
  bool interrupted_ = false;
  bool gave_up_ = false;
  uint64_t progress_messages_ = 0;  // when there was progress last, at progress_at_
  uint64_t progress_errors_ = 0;
  Time progress_at_ = clock_.now();
  std::vector<std::unique_ptr<BenchWorker>> workers_;
  std::vector<Result<void>> outcomes_;
  ThreadGroup threads_{"echod-bench", 0};  // the last to be made, the first to go
};

}  // namespace

std::expected<BenchResult, std::string> run_bench(const BenchOptions& options,
                                                  BenchObserver& observer) {
  raise_descriptor_limit();
  std::expected<BenchSetup, std::string> setup = bench_setup(options);
  if (!setup) return Failure(setup.error());
  return Run(options, std::move(*setup), observer).perform();
}

}  // namespace echod
