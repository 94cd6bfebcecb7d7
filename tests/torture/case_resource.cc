// What clients can take from the server: memory, by never reading, and descriptors, by coming in
// numbers.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "case.h"

namespace torture {
namespace {

using std::chrono::milliseconds;

// More than any kernel buffers hold: a server that has taken so much keeps it itself.
constexpr uint64_t kTakenMax = 64 * kMiB;             // from one client
constexpr uint64_t kAllTakenMax = uint64_t{3} << 29;  // from all, 1.5 GiB
constexpr int kStuckSendBuffer = 64 * 1024;   // of the client, so that it holds little itself
constexpr auto kPlateau = milliseconds(700);  // without growth

// Watches clients that only send: whether the server stops taking, and what it then holds.
class Stuck {
 public:
  Stuck(Context& context, Pump& pump, unsigned count, Outcome& outcome)
      : context_(context), pump_(pump), count_(count), outcome_(outcome) {
    before_ = context.process.figures();
  }

  void look(Time now) {
    if (over_) return;
    uint64_t taken = 0, most = 0;
    for (const auto& client : pump_.clients()) {
      taken += client->taken();
      most = std::max(most, client->taken());
    }
    if (taken != taken_) grew_at_ = now;
    taken_ = taken;
    const bool unbounded = most > kTakenMax || taken > kAllTakenMax;
    if (!unbounded && now - grew_at_ < kPlateau) return;
    over_ = true;
    finish(unbounded);
  }

 private:
  void finish(bool unbounded) {
    const auto share = [&](uint64_t bytes) {
      return static_cast<double>(bytes) / kKiB / static_cast<double>(count_);
    };
    outcome_.add("taken-kib", share(taken_));
    outcome_.add("plateau-s", std::chrono::duration<double>(grew_at_ - begin_).count());
    const auto kernel = kernel_memory_of_port(context_.address.port());
    const auto after = context_.process.figures();
    if (kernel) outcome_.add("kernel-kib", share(*kernel));
    if (const auto machine = kernel_memory_of_machine()) {
      outcome_.add("machine-tcp-mib", static_cast<double>(*machine) / kMiB);
    }
    if (before_ && after) {
      const uint64_t grown = after->memory - std::min(after->memory, before_->memory);
      outcome_.add("user-kib", share(grown));
      if (kernel) outcome_.add("memory-kib", share(grown + *kernel));
    }
    if (unbounded) {
      outcome_.complain(
          fmt::format("keeps taking from clients that read nothing: {:.0f} MiB from {} of them",
                      static_cast<double>(taken_) / kMiB, count_));
      pump_.leave_all();  // it would have to give all of it back
    } else {
      pump_.release_all();
    }
  }

  Context& context_;
  Pump& pump_;
  unsigned count_;
  Outcome& outcome_;
  std::optional<ProcessFigures> before_;
  uint64_t taken_ = 0;
  Time begin_ = Clock::now();
  Time grew_at_ = begin_;
  bool over_ = false;
};

Outcome never_reading(Context& context, uint64_t) {
  Outcome outcome;
  DescriptorWatch descriptors(context);
  const unsigned count = context.at_once(context.either(10U, 50U));
  std::optional<Pingers> others;
  Latencies idle;
  if (!context.options.one_at_a_time) {
    others.emplace(context, 5, 200, std::string());
    std::this_thread::sleep_for(milliseconds(context.either(300, 1000)));
    idle = others->take();
  }
  Pump pump(context);
  Stuck stuck(context, pump, count, outcome);
  const Tally& tally = pump.run(
      count, count,
      [&](uint64_t) {
        Plan plan{.size = 2 * kTakenMax};
        plan.read_delay = kForever;
        plan.send_buffer = kStuckSendBuffer;
        return plan;
      },
      [&](Time now) { stuck.look(now); });
  outcome.add("stuck-clients", count);
  if (others) {
    const Latencies loaded = others->take();
    outcome.complain(others->stop());
    add_latencies(outcome, "others", idle, loaded);
  }
  outcome.add(tally);
  descriptors.finish(outcome);
  return outcome;
}

// How long the server takes to serve again once there are descriptors.
double recovery_ms(Context& context, Outcome& outcome) {
  const Time begin = Clock::now();
  std::string wrong;
  do {  // a server that refuses may accept the next one
    wrong = visit(context, {}, 64, context.patience());
    if (wrong.empty()) break;
    std::this_thread::sleep_for(milliseconds(5));
  } while (Clock::now() - begin < context.patience());
  if (!wrong.empty()) outcome.complain("does not serve again after clients left: " + wrong);
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

Outcome starved(Context& context, uint64_t) {
  Outcome outcome;
  const unsigned count = context.at_once(context.either(100U, 200U));
  const auto settle = milliseconds(300), watch = milliseconds(context.either(500, 2000));
  Pump pump(context);
  const Time begin = Clock::now();
  std::optional<double> cpu_before;
  uint64_t served = 0;
  bool over = false;
  const Tally& tally = pump.run(
      count, count,
      [&](uint64_t) {
        Plan plan{.size = 64};
        plan.half_close = false;
        plan.ending = Ending::kClose;
        plan.read_min = 64;
        plan.hold = kForever;
        plan.may_be_refused = true;
        return plan;
      },
      [&](Time now) {
        if (over || now - begin < settle) return;
        if (!cpu_before) cpu_before = context.process.cpu_s().value_or(-1);
        if (now - begin < settle + watch) return;
        over = true;
        const auto cpu_after = context.process.cpu_s();
        if (cpu_after && *cpu_before >= 0) {
          const std::chrono::duration<double> watched = now - begin - settle;
          outcome.add("cpu-percent", 100 * (*cpu_after - *cpu_before) / watched.count());
        }
        for (const auto& client : pump.clients()) served += client->received() == 64 ? 1 : 0;
        pump.leave_all();
      });
  outcome.add("served", static_cast<double>(served));
  outcome.add("refused", static_cast<double>(tally.refused));
  outcome.add("clients", count);
  outcome.complain(tally.complaint());
  outcome.add("recovery-ms", recovery_ms(context, outcome));
  if (!context.process.is_alive()) outcome.complain("the server has died");
  return outcome;
}

}  // namespace

std::vector<Case> resource_cases() {
  return {
      {.name = "never-reading",
       .what = "send without reading until the server accepts no more, then read; every byte must "
               "arrive",
       .figures = {{"taken-kib", "what the server's side took from each, in KiB"},
                   {"plateau-s", "seconds until it took no more"},
                   {"user-kib", "user memory of the server for each, in KiB"},
                   {"kernel-kib", "kernel memory of the server's sockets for each, in KiB"},
                   {"memory-kib", "both"},
                   {"machine-tcp-mib", "TCP memory of the whole machine, both ends, in MiB"},
                   {"stuck-clients", "clients that do not read"},
                   {"others-idle-p99-us", "time for an echo of 64 B to others before, in us"},
                   {"others-p99-us", "the same meanwhile"},
                   {"others-p99-ratio", "the one by the other"},
                   {"bytes-lost", "bytes that did not come back"},
                   {"descriptors-left", "open files of the server beyond those before"}},
       .run = never_reading},
      {.name = "starved",
       .what = "outnumber the file descriptors of a server started with few (ulimit -n); measured "
               "are its CPU time meanwhile, and the time until it serves again after they left",
       .needs_several = true,
       .only_when_named = true,
       .figures = {{"clients", "clients that came"},
                   {"served", "of them, served at once"},
                   {"refused", "of them, refused or reset"},
                   {"cpu-percent", "processor time meanwhile, in percent of one processor"},
                   {"recovery-ms", "until the next client was served after they left, in ms"}},
       .run = starved},
  };
}

}  // namespace torture
