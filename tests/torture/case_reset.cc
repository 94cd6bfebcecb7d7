// Clients that vanish: whatever they leave half done, the server lives on and keeps nothing of
// them.
#include "case.h"

namespace torture {
namespace {

// After the mistreatment the server echoes as before, and has no more open files.
void finish(Context& context, DescriptorWatch& descriptors, const Tally& tally, Outcome& outcome) {
  outcome.add("connections", static_cast<double>(tally.clients));
  outcome.complain(tally.complaint());
  const std::string wrong = visit(context, {}, 64, context.patience());
  if (!wrong.empty()) outcome.complain("the next client: " + wrong);
  descriptors.finish(outcome);
}

Outcome resets(Context& context, uint64_t size) {
  Outcome outcome;
  DescriptorWatch descriptors(context);
  Random random(context.options.seed);
  Pump pump(context);
  const Tally& tally = pump.run(context.either(300U, 3000U), context.at_once(50), [&](uint64_t) {
    Plan plan{.size = random() % 4 == 0 ? random() % 16 : random() % (size + 1)};
    plan.segment_max = 1 + random() % (64 * kKiB);
    plan.segment_min = 1 + random() % plan.segment_max;
    plan.half_close = false;
    plan.ending = Ending::kReset;
    plan.read_min = plan.size == 0 ? 0 : random() % plan.size;
    if (random() % 2 == 0) plan.read_min = 0;
    return plan;
  });
  finish(context, descriptors, tally, outcome);
  return outcome;
}

Outcome half_close_resets(Context& context, uint64_t size) {
  Outcome outcome;
  DescriptorWatch descriptors(context);
  Random random(context.options.seed);
  Pump pump(context);
  const Tally& tally = pump.run(context.either(200U, 1000U), context.at_once(50), [&](uint64_t) {
    Plan plan{.size = 1 + random() % size};
    plan.ending = Ending::kReset;
    plan.read_min = random() % plan.size;
    return plan;
  });
  finish(context, descriptors, tally, outcome);
  return outcome;
}

Outcome connect_close(Context& context, uint64_t) {
  Outcome outcome;
  DescriptorWatch descriptors(context);
  Pump pump(context);
  const Tally& tally =
      pump.run(context.either(300U, 3000U), context.at_once(100), [&](uint64_t number) {
        Plan plan;
        plan.half_close = false;
        plan.ending = number % 2 == 0 ? Ending::kClose : Ending::kReset;
        return plan;
      });
  finish(context, descriptors, tally, outcome);
  return outcome;
}

}  // namespace

std::vector<Case> reset_cases() {
  const FigureText left{"descriptors-left", "open files of the server beyond those before"};
  const FigureText connections{"connections", "connections made"};
  return {
      {.name = "resets",
       .what = "reset the connection at a random offset, with or without echo in flight",
       .sizes = {256 * kKiB},
       .quick_sizes = {256 * kKiB},
       .figures = {connections, left},
       .run = resets},
      {.name = "half-close-resets",
       .what = "half-close, read part of the echo, and reset",
       .sizes = {256 * kKiB},
       .quick_sizes = {256 * kKiB},
       .figures = {connections, left},
       .run = half_close_resets},
      {.name = "connect-close",
       .what = "connect and close without sending, by FIN and RST in turn",
       .figures = {connections, left},
       .run = connect_close},
  };
}

}  // namespace torture
