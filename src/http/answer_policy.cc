#include "http/answer_policy.h"

#include <algorithm>
#include <array>

#include "http/path_prefix.h"

namespace echod::http {
namespace {

constexpr Duration kDefaultDelayMax = std::chrono::hours(24);
constexpr uint64_t kDefaultSizeMax = uint64_t{1} << 40;  // bytes

std::string quoted(std::string_view text) { return fmt::format("'{}'", text); }

}  // namespace

bool AnswerDefaults::any() const {
  return (status && !status->empty()) || (delay && !delay->empty()) || (size && !size->empty()) ||
         close.value_or(0) > 0 || gzip.value_or(0) > 0 || (fields && !fields->empty()) ||
         (body && !body->empty());
}

void AnswerDefaults::inherit(const AnswerDefaults& other) {
  if (!status) status = other.status;
  if (!delay) delay = other.delay;
  if (!size) size = other.size;
  if (!close) close = other.close;
  if (!gzip) gzip = other.gzip;
  if (!fields) fields = other.fields;
  if (!body) body = other.body;
}

void AnswerPolicy::finish() {
  base_path = without_last_slash(base_path);
  std::ranges::sort(paths, std::ranges::greater(),
                    [](const PathDefaults& path) { return without_last_slash(path.path).size(); });
  has_defaults = defaults.any();
  for (PathDefaults& path : paths) {
    path.defaults.inherit(defaults);
    has_defaults = has_defaults || path.defaults.any();
  }
}

bool AnswerPolicy::any() const {
  return has_defaults || cors.enabled() || !base_path.empty() || unsafe;
}

const AnswerDefaults* AnswerPolicy::defaults_of(std::string_view path) const {
  if (!has_defaults || is_health_path(path)) return nullptr;
  const auto found = std::ranges::find_if(paths, [path](const PathDefaults& candidate) {
    return path_below(without_last_slash(candidate.path), path).has_value();
  });
  const AnswerDefaults& chosen = found == paths.end() ? defaults : found->defaults;
  return chosen.any() ? &chosen : nullptr;
}

std::optional<std::string_view> AnswerPolicy::served_path(std::string_view path) const {
  if (base_path.empty() || path == "*" || is_health_path(path)) return path;
  const std::optional<std::string_view> below = path_below(base_path, path);
  if (below && below->empty()) return "/";
  return below;
}

bool is_health_path(std::string_view path) {
  constexpr std::array kPaths = std::to_array<std::string_view>({"/healthz", "/livez", "/readyz"});
  return std::ranges::find(kPaths, path) != kPaths.end();
}

ValueLimits operator_limits() {
  return {.duration_max = kDefaultDelayMax, .size_max = kDefaultSizeMax};
}

Read<Shares<int>> read_default_status(std::string_view text) {
  if (text.empty()) return Shares<int>();
  return read_shares<int>(quoted(text), text, read_status);
}

Read<Shares<Duration>> read_default_delay(std::string_view text) {
  if (text.empty()) return Shares<Duration>();
  return read_shares<Duration>(quoted(text), text,
                               [](std::string_view name, std::string_view member) {
                                 return read_duration(name, member, operator_limits());
                               });
}

Read<Shares<uint64_t>> read_default_size(std::string_view text) {
  if (text.empty()) return Shares<uint64_t>();
  return read_shares<uint64_t>(quoted(text), text,
                               [](std::string_view name, std::string_view member) {
                                 return read_size(name, member, operator_limits());
                               });
}

Read<double> read_default_chance(std::string_view text) {
  if (text.empty()) return 0;
  return read_chance(quoted(text), text);
}

}  // namespace echod::http
