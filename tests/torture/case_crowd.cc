// Some clients against others: what a storm, or a single loud client, costs those who behave.
#include <thread>

#include "case.h"

namespace torture {
namespace {

using std::chrono::milliseconds;

constexpr const char* kAttacker = "127.0.0.2";
constexpr const char* kVictim = "127.0.0.3";

Outcome storm(Context& context, uint64_t) {
  Outcome outcome;
  DescriptorWatch descriptors(context);
  Victim victim(context, context.source(kVictim));
  std::this_thread::sleep_for(milliseconds(context.either(400, 1500)));
  const Latencies idle = victim.take();
  Pump pump(context);
  const Time end = Clock::now() + milliseconds(context.either(600, 3000));
  const Tally& tally = pump.run(
      context.either(3000U, 19'000U), context.at_once(context.either(100U, 500U)),
      [&](uint64_t) {
        Plan plan{.size = 64};
        plan.half_close = false;
        plan.ending = Ending::kReset;
        plan.read_min = 64;
        plan.hold = milliseconds(50);  // so that they also crowd the server
        plan.source = context.source(kAttacker);
        plan.may_be_refused = true;
        return plan;
      },
      [&](Time now) {
        if (now > end) pump.stop_starting();
      });
  const Latencies loaded = victim.take();
  outcome.complain(victim.stop());
  outcome.complain(tally.complaint());
  outcome.add("connections", static_cast<double>(tally.clients));
  outcome.add("refused", static_cast<double>(tally.refused));
  outcome.add("victim-served", static_cast<double>(loaded.count()));
  add_latencies(outcome, "victim", idle, loaded);
  descriptors.finish(outcome);
  return outcome;
}

Outcome fairness(Context& context, uint64_t) {
  Outcome outcome;
  DescriptorWatch descriptors(context);
  const unsigned count = context.at_once(context.either(100U, 1000U));
  Pingers quiet(context, count, 500, {});
  std::this_thread::sleep_for(milliseconds(context.either(400, 1500)));
  const Latencies idle = quiet.take();
  Pump pump(context);
  const Time end = Clock::now() + milliseconds(context.either(600, 3000));
  bool over = false;
  const Tally& tally = pump.run(
      1, 1, [&](uint64_t) { return Plan{.size = 1024 * kGiB}; },
      [&](Time now) {
        if (over || now < end) return;
        over = true;
        pump.release_all();
      });
  const Latencies loaded = quiet.take();
  outcome.add(tally);
  outcome.complain(quiet.stop());
  outcome.add("quiet-clients", count);
  outcome.add("loud-mib", static_cast<double>(tally.received) / kMiB);
  add_latencies(outcome, "quiet", idle, loaded);
  descriptors.finish(outcome);
  return outcome;
}

}  // namespace

std::vector<Case> crowd_cases() {
  return {
      {.name = "storm",
       .what = "connect as fast as possible from 127.0.0.2 and hold each connection for 50 ms, "
               "while a victim at 127.0.0.3 repeatedly connects, echoes 64 B and closes",
       .needs_several = true,
       .figures = {{"connections", "connections made by the storm"},
                   {"refused", "of them, refused or reset"},
                   {"victim-served", "visits of the victim that were served meanwhile"},
                   {"victim-idle-p99-us", "its time for a visit without the storm, in us"},
                   {"victim-p99-us", "the same in the storm"},
                   {"victim-p99-ratio", "the one by the other"},
                   {"descriptors-left", "open files of the server beyond those before"}},
       .run = storm},
      {.name = "fairness",
       .what = "send 64 B now and then, 500 messages per second in all, while one other client "
               "sends as much as it can",
       .needs_several = true,
       .figures = {{"bytes-lost", "bytes that did not come back"},
                   {"quiet-clients", "quiet clients"},
                   {"loud-mib", "MiB of the loud one"},
                   {"quiet-idle-p99-us",
                    "time for the echo of a quiet one, without the loud, in us"},
                   {"quiet-p99-us", "the same beside the loud one"},
                   {"quiet-p99-ratio", "the one by the other"},
                   {"descriptors-left", "open files of the server beyond those before"}},
       .run = fairness},
  };
}

}  // namespace torture
