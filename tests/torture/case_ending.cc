// Ends of connections: whoever half-closes receives every byte that is still under way, then FIN.
#include "case.h"

namespace torture {
namespace {

// Reads late, so that the server meets full buffers, and FIN behind them.
constexpr auto kLate = std::chrono::milliseconds(300);

Outcome half_close(Context& context, uint64_t size) {
  // The small ones often: what depends on timing shows only now and then.
  const unsigned count = size > kMiB ? 1 : context.either(20U, 100U);
  return pump_clients(context, count, context.at_once(20), [&](uint64_t number) {
    Plan plan{.size = size};
    if (number % 2 == 0 && !context.options.one_at_a_time) plan.read_delay = kLate;
    if (count == 1) plan.read_delay = kLate;
    return plan;
  });
}

Outcome zero_bytes(Context& context, uint64_t) {
  const uint64_t count = context.either(200U, 1000U);
  Outcome outcome = pump_clients(context, count, context.at_once(100), [&](uint64_t number) {
    Plan plan;
    plan.fin_on_data = number % 2 == 0;
    return plan;
  });
  outcome.add("connections", static_cast<double>(count));
  return outcome;
}

Outcome simultaneous(Context& context, uint64_t size) {
  const unsigned count = context.at_once(context.either(100U, 500U));
  Outcome outcome = pump_clients(context, count, count, [&](uint64_t) {
    Plan plan{.size = size};
    plan.fin_on_data = true;
    return plan;
  });
  outcome.add("connections", static_cast<double>(count));
  return outcome;
}

}  // namespace

std::vector<Case> ending_cases() {
  const FigureText lost{"bytes-lost", "bytes that did not come back"};
  const FigureText left{"descriptors-left", "open files of the server beyond those before"};
  const FigureText connections{"connections", "connections made"};
  return {
      {.name = "half-close",
       .what = "send everything, then FIN, and start reading after 0.3 s; every byte must arrive, "
               "then FIN",
       .sizes = {0, 1, 64 * kKiB, 16 * kMiB, 256 * kMiB},
       .quick_sizes = {0, 1, 64 * kKiB, 16 * kMiB},
       .figures = {lost, left},
       .run = half_close},
      {.name = "zero-bytes",
       .what = "connect and half-close without sending; only FIN may arrive",
       .figures = {lost, connections, left},
       .run = zero_bytes},
      {.name = "simultaneous-close",
       .what = "close by the hundred, each with its FIN in the segment of its last byte",
       .sizes = {100, 64 * kKiB},
       .quick_sizes = {100, 64 * kKiB},
       .figures = {lost, connections, left},
       .run = simultaneous},
  };
}

}  // namespace torture
