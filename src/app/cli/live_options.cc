#include "app/cli/live_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "app/cli/suggestion.h"
#include "app/log/redaction.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

constexpr size_t kShownSizeMax = 200;  // bytes of a value in the log

// The value of the option `name` for people, without credentials: the log is read by others.
std::string shown(std::string_view name, const std::vector<std::string>& values) {
  std::string text = values.empty() ? "default" : "";
  for (const std::string& value : values) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", redacted_value(name, value));
  }
  if (text.size() > kShownSizeMax) text = text.substr(0, kShownSizeMax) + "...";
  return text;
}

std::vector<LiveSetting> settings_of(const CommandParser& parser) {
  std::vector<LiveSetting> settings;
  for (const Setting& setting : parser.all_settings()) {
    if (setting.option->built_in) continue;
    settings.push_back({.name = setting.option->name,
                        .values = setting.values,
                        .origin = setting.origin,
                        .place = setting.place,
                        .default_note = setting.option->default_note,
                        .reloadable = setting.option->reloadable,
                        .by_admin = setting.option->by_admin,
                        .hidden = setting.option->hidden,
                        .is_list = setting.option->value.is_list});
  }
  return settings;
}

LiveSetting* find(std::vector<LiveSetting>& settings, std::string_view name) {
  const auto found = std::ranges::find(settings, name, &LiveSetting::name);
  return found == settings.end() ? nullptr : &*found;
}

LiveOptions::PathTables tables_of(const CommandParser& parser) {
  LiveOptions::PathTables text;
  for (const PathTable& table : parser.path_tables()) {
    const std::string path = fmt::format("{}{}:", text.exact.empty() ? "" : "; ", table.path);
    text.exact += path;
    text.shown += path;
    if (table.settings.empty()) text.shown += " no settings";
    for (const Setting& setting : table.settings) {
      const std::string_view name = setting.option->name;
      text.exact += fmt::format(" {} = {}", name, fmt::join(setting.values, ", "));
      text.shown += fmt::format(" {} = {}", name, shown(name, setting.values));
    }
  }
  if (text.shown.empty()) text.shown = "none";
  if (text.shown.size() > kShownSizeMax) text.shown = text.shown.substr(0, kShownSizeMax) + "...";
  return text;
}

// Why the configuration file in `settings` must not be read; nothing if it may. Errors that reading
// reports itself are not looked for.
Problem check_readable_again(const std::vector<LiveSetting>& settings) {
  const auto config = std::ranges::find(settings, "config", &LiveSetting::name);
  if (config == settings.end() || config->values.empty()) return std::nullopt;
  std::error_code error;
  const std::filesystem::file_status status =
      std::filesystem::status(config->values.front(), error);
  if (error || !std::filesystem::exists(status) || std::filesystem::is_regular_file(status) ||
      std::filesystem::is_directory(status)) {
    return std::nullopt;
  }
  return fmt::format("cannot read {} again: it is not a regular file", config->values.front());
}

}  // namespace

std::optional<CommandParser::Ending> LiveOptions::read(std::vector<std::string> warnings) {
  ServeOptions options;
  CommandParser parser(serve_verb(), serve_table(options));
  if (auto ending = parser.parse(argc_, argv_)) return ending;
  complete(options, parser);
  options.warnings = std::move(warnings);
  options_ = std::move(options);
  settings_ = settings_of(parser);
  path_tables_ = tables_of(parser);
  return std::nullopt;
}

std::expected<LiveOptions::Change, std::string> LiveOptions::reread() const {
  if (Problem problem = check_readable_again(settings_)) return Failure(*problem);
  ServeOptions read;
  CommandParser parser(serve_verb(), serve_table(read));
  if (const auto ending = parser.parse(argc_, argv_)) return Failure(ending->problem);
  Change change{.options = {},
                .settings = settings_of(parser),
                .path_tables = tables_of(parser),
                .applied = {},
                .deferred = {}};
  for (size_t i = 0; i < settings_.size(); ++i) {
    const LiveSetting& now = settings_[i];
    LiveSetting& next = change.settings[i];
    if (now.values != next.values) {
      (next.reloadable ? change.applied : change.deferred)
          .push_back({.name = now.name,
                      .from = shown(now.name, now.values),
                      .to = shown(now.name, next.values)});
    }
    if (!next.reloadable) next = now;
  }
  if (change.path_tables.exact != path_tables_.exact) {
    change.applied.push_back(
        {.name = "path", .from = path_tables_.shown, .to = change.path_tables.shown});
  }
  auto options = options_of(change.settings, std::move(read.answers.paths));
  if (!options) return Failure(options.error());
  change.options = std::move(*options);
  return change;
}

std::expected<LiveOptions::Change, std::string> LiveOptions::with(
    const std::vector<GivenSetting>& given) const {
  Change change{.options = {},
                .settings = settings_,
                .path_tables = path_tables_,
                .applied = {},
                .deferred = {}};
  for (const GivenSetting& one : given) {
    LiveSetting* setting = find(change.settings, one.name);
    if (setting == nullptr) {
      std::vector<std::string> names;
      for (const LiveSetting& known : settings_) {
        if (known.reloadable && known.by_admin) names.emplace_back(known.name);
      }
      return Failure(fmt::format("unknown option '{}'{}", one.name, did_you_mean(one.name, names)));
    }
    if (!setting->reloadable) {
      return Failure(fmt::format("{} cannot change while the server runs", one.name));
    }
    if (!setting->by_admin) {
      return Failure(fmt::format(
          "{} changes through the configuration alone: edit its file, and send SIGHUP", one.name));
    }
    if (one.values.size() != 1 && !setting->is_list) {
      return Failure(fmt::format("{}: give one value", one.name));
    }
    if (setting->values != one.values) {
      change.applied.push_back({.name = setting->name,
                                .from = shown(one.name, setting->values),
                                .to = shown(one.name, one.values)});
    }
    setting->values = one.values;
    setting->origin = Origin::kAdmin;
    setting->place = one.name;
  }
  auto options = options_of(change.settings, options_.answers.paths);
  if (!options) return Failure(options.error());
  change.options = std::move(*options);
  return change;
}

std::expected<ServeOptions, std::string> LiveOptions::options_of(
    const std::vector<LiveSetting>& settings, std::deque<http::PathDefaults> paths) const {
  ServeOptions options;
  options.answers.paths = std::move(paths);
  CommandParser parser(serve_verb(), serve_table(options));
  for (const LiveSetting& setting : settings) {
    if (setting.origin == Origin::kDefault) continue;
    if (Problem problem = parser.set(setting.name, setting.values, setting.origin, setting.place)) {
      return Failure(*problem);
    }
  }
  complete(options, parser);
  options.warnings = options_.warnings;
  return options;
}

void LiveOptions::adopt(Change&& change) {
  options_ = std::move(change.options);
  settings_ = std::move(change.settings);
  path_tables_ = std::move(change.path_tables);
}

}  // namespace echod
