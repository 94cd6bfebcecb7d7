#include "app/serve/service_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/cli/units.h"

namespace echod {

std::string ServiceReport::status() const {
  const size_t count = server_.connections();
  return fmt::format("{}{} connection{}, {} engine", stopping_ ? "Shutting down: " : "", count,
                     count == 1 ? "" : "s", name_of(server_.engine_kind()));
}

void ServiceReport::started() {
  if (!manager_.present()) return;
  last_status_ = status();
  manager_.ready(last_status_);
  next_status_ = clock_.now() + kStatusInterval;
  schedule(clock_.now());
}

void ServiceReport::stopping() {
  if (!manager_.present()) return;
  stopping_ = true;
  last_status_ = status();
  manager_.stopping(last_status_);
  next_ = clock_.now();
}

void ServiceReport::tick() {
  const Time now = clock_.now();
  if (now < next_) return;
  if (manager_.watchdog_period() > Duration::zero() && now >= next_check_) check_loops(now);
  if (stopping_ && now >= next_extension_) {
    manager_.extend_timeout(kExtension);
    next_extension_ = now + kExtensionInterval;
  }
  if (now >= next_status_) {
    next_status_ = now + kStatusInterval;
    if (std::string text = status(); text != last_status_) {
      manager_.status(text);
      last_status_ = std::move(text);
    }
  }
  schedule(now);
}

// Four times in a period, but no more often than kCheckInterval, and with half a period of
// patience. A stall of less than a period is survived: the manager was told half a period after its
// beginning, and is told again a quarter after its end.
void ServiceReport::check_loops(Time now) {
  const Duration period = manager_.watchdog_period();
  next_check_ = now + std::max(period / 4, kCheckInterval);
  const size_t stuck = server_.stuck_loops(now, period / 2);
  if (stuck == 0) {
    manager_.alive();
    stuck_ = false;
    return;
  }
  if (std::exchange(stuck_, true)) return;
  const std::string text = fmt::format(
      "{} event loop{} not responding for {}: not telling the watchdog that the service is alive",
      stuck, stuck == 1 ? " is" : "s are", format_duration(period / 2));
  log_.write({.level = LogLevel::kError,
              .event = "loop_stuck",
              .peer = {},
              .text = text,
              .fields = {{"loops", uint64_t{stuck}}}});
}

void ServiceReport::schedule(Time now) {
  next_ = std::max(next_status_, now);
  if (manager_.watchdog_period() > Duration::zero()) next_ = std::min(next_, next_check_);
  if (stopping_) next_ = std::min(next_, next_extension_);
}

}  // namespace echod
