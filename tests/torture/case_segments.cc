// How a stream is cut and paced: bytes one by one, in pieces of any size, slowly, without end.
#include <algorithm>

#include "case.h"

namespace torture {
namespace {

using std::chrono::milliseconds;

Outcome one_byte(Context& context, uint64_t size) {
  Outcome outcome;
  Pump pump(context);
  outcome.add(pump.run(
      1, 1, [&](uint64_t) { return Plan{.size = size, .segment_min = 1, .segment_max = 1}; }));
  return outcome;
}

Outcome random_segments(Context& context, uint64_t size) {
  Outcome outcome;
  Pump pump(context);
  outcome.add(pump.run(8, context.at_once(4), [&](uint64_t) {
    return Plan{.size = size / 8, .segment_min = 1, .segment_max = 64 * kKiB};
  }));
  return outcome;
}

// All ways of being a client at once, drawn by chance.
Outcome mixture(Context& context, uint64_t size) {
  Random random(context.options.seed);
  const uint64_t count = context.options.one_at_a_time ? 20U : context.either(100U, 200U);
  Outcome outcome = pump_clients(context, count, context.at_once(100), [&](uint64_t) {
    Plan plan{.size = random() % (size + 1)};
    plan.segment_min = 1 + random() % 100;
    plan.segment_max = plan.segment_min + (random() % 2 == 0 ? 0 : random() % (32 * kKiB));
    // A small segment each time would make a large stream take for ever.
    plan.size = std::min<uint64_t>(plan.size, plan.segment_max * 2000);
    plan.fin_on_data = random() % 2 == 0;
    plan.read_max = size_t{64} << (random() % 12);
    if (random() % 3 == 0) plan.read_delay = milliseconds(random() % 200);
    if (random() % 3 == 0) plan.read_pause = milliseconds(1 + random() % 5);
    plan.slow_time = milliseconds(300);
    return plan;
  });
  outcome.add("connections", static_cast<double>(count));
  return outcome;
}

Outcome slow_readers(Context& context, uint64_t size) {
  const unsigned count = context.at_once(context.either(10U, 20U));
  return pump_clients(context, count, count, [&](uint64_t) {
    Plan plan{.size = size, .read_max = 4096, .read_pause = milliseconds(20)};
    plan.slow_time = milliseconds(context.either(500, 3000));
    return plan;
  });
}

Outcome slow_writers(Context& context, uint64_t size) {
  const unsigned count = context.at_once(context.either(10U, 50U));
  return pump_clients(context, count, count, [&](uint64_t) {
    Plan plan{.size = size, .segment_min = 1, .segment_max = 1, .write_pause = milliseconds(20)};
    plan.lockstep = true;  // each byte comes back before the next one goes
    return plan;
  });
}

Outcome long_stream(Context& context, uint64_t size) {
  Outcome outcome;
  Pump pump(context);
  const auto before = context.process.figures();
  uint64_t memory_max = 0;
  Time begin = Clock::now(), next_look = begin + milliseconds(500);
  bool over = false;
  const Tally& tally = pump.run(
      1, 1, [&](uint64_t) { return Plan{.size = size}; },
      [&](Time now) {
        const std::chrono::duration<double> took = now - begin;
        if (!over && context.options.stream_s > 0 && took.count() > context.options.stream_s) {
          over = true;
          pump.release_all();
        }
        if (now < next_look) return;
        next_look = now + milliseconds(500);
        context.progress(static_cast<double>(pump.received()) / static_cast<double>(size));
        if (const auto figures = context.process.figures()) {
          memory_max = std::max(memory_max, figures->memory);
        }
      });
  const std::chrono::duration<double> took = Clock::now() - begin;
  outcome.add(tally);
  outcome.add("mib", static_cast<double>(tally.received) / kMiB);
  outcome.add("mib-per-s", static_cast<double>(tally.received) / kMiB / took.count());
  if (const auto after = context.process.figures(); before && after) {
    const uint64_t most = std::max({memory_max, after->memory, before->memory});
    outcome.add("memory-growth-kib", static_cast<double>(most - before->memory) / kKiB);
  }
  return outcome;
}

}  // namespace

std::vector<Case> segment_cases() {
  const FigureText lost{"bytes-lost", "bytes that did not come back"};
  const FigureText left{"descriptors-left", "open files of the server beyond those before"};
  const FigureText connections{"connections", "connections made"};
  return {
      {.name = "one-byte-segments",
       .what = "send one byte per segment",
       .sizes = {256 * kKiB},
       .quick_sizes = {16 * kKiB},
       .figures = {lost},
       .run = one_byte},
      {.name = "random-segments",
       .what = "send pieces of 1 B to 64 KiB, small ones as often as large ones",
       .sizes = {32 * kMiB},
       .quick_sizes = {4 * kMiB},
       .figures = {lost},
       .run = random_segments},
      {.name = "mixture",
       .what =
           "run a hundred at a time, each with random size (up to this), pieces, pauses and delays",
       .sizes = {kMiB},
       .quick_sizes = {256 * kKiB},
       .figures = {lost, connections, left},
       .run = mixture},
      {.name = "slow-readers",
       .what = "send as fast as possible, and at first read 4 KiB every 20 ms",
       .sizes = {4 * kMiB},
       .quick_sizes = {kMiB},
       .figures = {lost, left},
       .run = slow_readers},
      {.name = "slow-writers",
       .what = "send a byte every 20 ms, each after the echo of the one before",
       .sizes = {150},
       .quick_sizes = {20},
       .figures = {lost, left},
       .run = slow_writers},
      {.name = "long-stream",
       .what = "send one stream, long enough to reveal anything that grows with it; "
               "--stream-seconds ends it",
       .sizes = {10 * kGiB},
       .quick_sizes = {256 * kMiB},
       .figures = {lost,
                   {"mib", "MiB echoed and verified"},
                   {"mib-per-s", "MiB a second, each way, with this client on the same machine"},
                   {"memory-growth-kib", "most user memory on the way beyond that before, in KiB"}},
       .run = long_stream},
  };
}

}  // namespace torture
