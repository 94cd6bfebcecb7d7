#include "app/serve/spin_choice.h"

#include <fmt/format.h>

#include "app/cli/units.h"
#include "engine/loop/spinner.h"

namespace echod {

std::string spin_obstacle(const ProcessorShare& share) {
  if (share.quota && *share.quota < share.usable) {
    return fmt::format("CPU quota of {:.3g}", *share.quota);
  }
  if (share.loops > share.usable) {
    return fmt::format("{} workers on {} CPU{}", share.loops, share.usable,
                       share.usable == 1 ? "" : "s");
  }
  return {};
}

SpinChoice choose_spin(std::optional<Duration> asked, const ProcessorShare& share) {
  const std::string obstacle = spin_obstacle(share);
  if (!asked && !obstacle.empty()) return {.withheld = true, .reason = obstacle, .warning = {}};
  if (!asked) return {.max = kSpinMax, .reason = "auto", .warning = {}};
  SpinChoice choice{.max = *asked, .reason = "chosen with --spin", .warning = {}};
  if (*asked > Duration::zero() && !obstacle.empty()) {
    choice.warning = fmt::format(
        "--spin {} takes CPU time that may be missing elsewhere ({}); --spin auto would not "
        "busy-poll here",
        format_duration(*asked), obstacle);
  }
  return choice;
}

}  // namespace echod
