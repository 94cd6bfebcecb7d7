// The table of all cases, and what several of them share.
#include <fmt/format.h>

#include <thread>

#include "case.h"

namespace torture {

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = [] {
    std::vector<Case> all;
    for (const auto& some :
         {ending_cases(), segment_cases(), reset_cases(), crowd_cases(), resource_cases()}) {
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }();
  return cases;
}

void Outcome::add(const Tally& tally) {
  add("bytes-lost", static_cast<double>(tally.lost));
  complain(tally.complaint());
}

DescriptorWatch::DescriptorWatch(Context& context)
    : context_(context), before_(context.process.descriptors()) {
  // Connections of the case before may still be on their way out.
  constexpr int kLooksMax = 100;
  for (int look = 0; before_ && look < kLooksMax; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto now = context_.process.descriptors();
    if (now == before_) return;
    before_ = now;
  }
}

void DescriptorWatch::finish(Outcome& outcome) {
  if (!context_.process.is_alive()) return outcome.complain("the server has died");
  if (!before_) return;
  // After a failure they are a figure only, and not worth a long wait.
  const Duration patience =
      outcome.complaint.empty() ? context_.patience() : std::chrono::seconds(1);
  const Time deadline = Clock::now() + patience;
  std::optional<uint64_t> now = context_.process.descriptors();
  while (now && *now > *before_ && Clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    now = context_.process.descriptors();
  }
  if (!now) return outcome.complain("the server has died");
  outcome.add("descriptors-left", static_cast<double>(*now) - static_cast<double>(*before_));
  if (*now > *before_) {
    outcome.complain(fmt::format("{} descriptors before, {} after", *before_, *now));
  }
}

Outcome pump_clients(Context& context, uint64_t count, unsigned at_once,
                     const std::function<Plan(uint64_t)>& plan) {
  Outcome outcome;
  DescriptorWatch descriptors(context);
  Pump pump(context);
  outcome.add(pump.run(count, at_once, plan));
  descriptors.finish(outcome);
  return outcome;
}

void add_latencies(Outcome& outcome, const std::string& name, const Latencies& idle,
                   const Latencies& loaded) {
  const double idle_p99 = idle.quantile(0.99), loaded_p99 = loaded.quantile(0.99);
  if (idle_p99 <= 0 || loaded_p99 <= 0) return;
  outcome.add(name + "-idle-p99-us", idle_p99);
  outcome.add(name + "-p99-us", loaded_p99);
  outcome.add(name + "-p99-ratio", loaded_p99 / idle_p99);
}

}  // namespace torture
