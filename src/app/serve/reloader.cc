#include "app/serve/reloader.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

}  // namespace

bool Reloader::reload() noexcept {
  try {
    const std::lock_guard lock(mutex_);
    const std::expected<void, std::string> outcome = reread_and_apply();
    if (outcome) return true;
    log_.write(
        {.level = LogLevel::kError,
         .event = "reload_failed",
         .peer = {},
         .text = "Configuration not reloaded, the previous one stays in effect: " + outcome.error(),
         .fields = {{"reason", outcome.error()}}});
    return false;
  } catch (const std::bad_alloc&) {
    return false;  // nothing has changed, and it cannot be logged
  }
}

std::expected<void, std::string> Reloader::reread_and_apply() {
  std::expected<LiveOptions::Change, std::string> change = options_.reread();
  if (!change) return Failure(change.error());
  const std::vector<LiveOptions::Difference> deferred = change->deferred;
  const size_t applied = change->applied.size();
  const bool shows_others = std::ranges::any_of(
      change->applied,
      [](const LiveOptions::Difference& one) { return one.name == "show-environment"; });
  const std::vector<std::string> warnings =
      shows_others ? change->options.shown_warnings : std::vector<std::string>();
  if (const auto outcome = apply(std::move(*change), "Reloaded", ""); !outcome) return outcome;
  for (const LiveOptions::Difference& one : deferred) {
    const std::string text = fmt::format("Changed, takes effect after a restart: {} {} -> {}",
                                         one.name, one.from, one.to);
    log_.write({.level = LogLevel::kWarning,
                .event = "option_deferred",
                .peer = {},
                .text = text,
                .fields = {{"option", one.name}, {"from", one.from}, {"to", one.to}}});
  }
  for (const std::string& warning : warnings) {
    log_.write({.level = LogLevel::kWarning,
                .event = "shown_environment",
                .peer = {},
                .text = warning,
                .fields = {}});
  }
  const std::string text = applied == 0 ? "Configuration reloaded: no option changed"
                                        : fmt::format("Configuration reloaded: {} option{} changed",
                                                      applied, applied == 1 ? "" : "s");
  log_.write({.level = LogLevel::kInfo,
              .event = "reload",
              .peer = {},
              .text = text,
              .fields = {{"changed", uint64_t{applied}}, {"deferred", uint64_t{deferred.size()}}}});
  return {};
}

std::expected<void, std::string> Reloader::change(const std::vector<GivenSetting>& given,
                                                  std::string_view peer) {
  const std::lock_guard lock(mutex_);
  std::expected<LiveOptions::Change, std::string> change = options_.with(given);
  if (!change) return Failure(change.error());
  return apply(std::move(*change), "Changed through the admin interface", peer);
}

std::expected<void, std::string> Reloader::apply(LiveOptions::Change change, std::string_view what,
                                                 std::string_view peer) {
  std::expected<Swap, std::string> log = log_.prepare(change.options.log);
  if (!log) return Failure(log.error());
  std::expected<Swap, std::string> access_log = access_log_.prepare(change.options.access_log);
  if (!access_log) return Failure(access_log.error());
  if (!server_.apply(change.options)) return Failure("out of memory");
  (*log)();
  (*access_log)();
  const std::vector<LiveOptions::Difference> applied = std::move(change.applied);
  options_.adopt(std::move(change));
  for (const LiveOptions::Difference& one : applied) {
    const std::string text = fmt::format("{}: {} {} -> {}", what, one.name, one.from, one.to);
    log_.write({.level = LogLevel::kInfo,
                .event = "option_changed",
                .peer = peer,
                .text = text,
                .fields = {{"option", one.name}, {"from", one.from}, {"to", one.to}}});
  }
  return {};
}

std::vector<LiveSetting> Reloader::settings() const {
  const std::lock_guard lock(mutex_);
  return options_.settings();
}

ServeOptions Reloader::options() const {
  const std::lock_guard lock(mutex_);
  return options_.options();
}

}  // namespace echod
