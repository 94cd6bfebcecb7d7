#include "http/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/parse_duration.h"
#include "http/response_fields.h"
#include "wire/http/field_list.h"
#include "wire/http/syntax.h"

namespace echod::http {
namespace {

template <typename T>
using Read = std::expected<T, std::string>;

// The response control parameters of one request: from its query and its headers.
class Controls {
 public:
  explicit Controls(const wire::RequestHead& request)
      : arguments_(wire::query_arguments(wire::split_target(request.target).query)),
        fields_(request.fields),
        has_fields_(request.has_noted_field) {}

  // All values of one parameter: from the query, or else from the headers.
  std::vector<std::string> values(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& [key, value] : arguments_) {
      if (key == name) found.push_back(value);
    }
    if (!found.empty() || !has_fields_) return found;
    for (const wire::Field& line : fields_) {
      if (!wire::equals_ignoring_case(line.name.substr(0, kPrefixSize), kControlPrefix)) continue;
      if (wire::equals_ignoring_case(line.name.substr(kPrefixSize), name)) {
        found.emplace_back(line.value());
      }
    }
    return found;
  }

 private:
  static constexpr size_t kPrefixSize = kControlPrefix.size();

  wire::QueryArguments arguments_;
  wire::FieldList fields_;
  bool has_fields_;
};

std::optional<double> parse_percentage(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !(value >= 0 && value <= 100)) return std::nullopt;
  return value;
}

// "A:20,B:10.5,C": draws one of them, or none. One without a percentage gets the rest of 100 %.
template <typename T, typename Reader>
Read<std::optional<T>> choose(std::string_view name, std::string_view text, Draw& draw,
                              Reader read) {
  struct Share {
    T value;
    double percentage;
  };
  std::vector<Share> shares;
  double left = 100;
  while (!text.empty()) {
    const std::string_view member = wire::trim(wire::consume_member(text));
    const size_t colon = std::min(member.find(':'), member.size());
    const Read<T> value = read(name, member.substr(0, colon));
    if (!value) return std::unexpected(value.error());
    double percentage = left;
    if (colon < member.size()) {
      const std::optional<double> given = parse_percentage(member.substr(colon + 1));
      if (!given) {
        return std::unexpected(fmt::format("{}: expected a percentage from 0 to 100", name));
      }
      percentage = *given;
    }
    constexpr double kRounding = 1e-9;
    if (percentage > left + kRounding || (percentage == 0 && left == 0 && colon == member.size())) {
      return std::unexpected(fmt::format("{}: the percentages add up to more than 100", name));
    }
    left -= percentage;
    shares.push_back({*value, percentage});
  }
  if (shares.empty()) return std::unexpected(fmt::format("{}: the value is missing", name));
  if (shares.front().percentage >= 100) return shares.front().value;
  double drawn = draw.uniform() * 100;
  for (const Share& share : shares) {
    if (drawn < share.percentage) return share.value;
    drawn -= share.percentage;
  }
  return std::nullopt;
}

Read<bool> decide(std::string_view name, std::string_view text, Draw& draw) {
  if (wire::equals_ignoring_case(text, "true")) return true;
  if (wire::equals_ignoring_case(text, "false")) return false;
  const std::optional<double> percentage = parse_percentage(text);
  if (!percentage) {
    return std::unexpected(fmt::format("{}: expected true, false or a percentage", name));
  }
  if (*percentage == 0 || *percentage == 100) return *percentage == 100;
  return draw.uniform() * 100 < *percentage;
}

// Reads one request's parameters in a fixed order, so that the random choices are repeatable.
class Planner {
 public:
  Planner(const Controls& controls, const ControlSettings& settings, ControlState& state)
      : controls_(controls), settings_(settings), draw_(settings.seed, state) {}

  Read<ResponsePlan> plan() {
    const auto duration = [this](std::string_view name, std::string_view text) {
      return read_duration(name, text, settings_);
    };
    const auto size = [this](std::string_view name, std::string_view text) {
      return read_size(name, text, settings_);
    };
    choose_into<int>("status", plan_.status, read_status);
    std::optional<Duration> delay;
    choose_into<Duration>("delay", delay, duration);
    plan_.delay = delay.value_or(Duration::zero());
    choose_into<uint64_t>("size", plan_.size, size);
    decide_into("close", plan_.close);
    decide_into("gzip", plan_.gzip);
    take_fields();
    draw_.add_fields(plan_.fields);
    plan_.by_chance = draw_.used();
    if (!problem_.empty()) return std::unexpected(problem_);
    return std::move(plan_);
  }

 private:
  template <typename T, typename Reader>
  void choose_into(std::string_view name, std::optional<T>& target, Reader read) {
    const std::vector<std::string> values = controls_.values(name);
    if (values.empty() || !problem_.empty()) return;
    const Read<std::optional<T>> chosen = choose<T>(name, values.front(), draw_, read);
    if (chosen) {
      target = *chosen;
    } else {
      problem_ = chosen.error();
    }
  }

  void decide_into(std::string_view name, bool& target) {
    const std::vector<std::string> values = controls_.values(name);
    if (values.empty() || !problem_.empty()) return;
    const Read<bool> decided = decide(name, values.front(), draw_);
    if (decided) {
      target = *decided;
    } else {
      problem_ = decided.error();
    }
  }

  void take_fields() {
    for (const std::string& text : controls_.values("header")) {
      const Read<RequestedField> field = requested_field(text, settings_.allowed_fields);
      if (!field) {
        problem_ = field.error();
      } else if (wire::equals_ignoring_case(field->name, "Content-Type")) {
        plan_.content_type = field->value;
      } else {
        plan_.fields.add(field->name, field->value);
      }
    }
  }

  const Controls& controls_;
  const ControlSettings& settings_;
  Draw draw_;
  ResponsePlan plan_;
  std::string problem_;
};

}  // namespace

double Draw::uniform() {
  if (!random_) {
    number_ = state_.next_draw();
    random_.emplace(Random(seed_ ^ Random(number_).next()));
  }
  return random_->uniform();
}

void Draw::add_fields(wire::FieldBuffer& fields) const {
  if (!random_) return;
  fields.add("X-Echo-Seed", fmt::format_int(seed_).c_str());
  fields.add("X-Echo-Draw", fmt::format_int(number_).c_str());
}

std::optional<ControlState::Permit> ControlState::acquire_permit(uint32_t permits,
                                                                 std::string_view source) {
  const uint32_t share = std::max<uint32_t>(permits / 2, 1);
  const std::lock_guard lock(mutex_);
  if (waiting_ >= permits) return std::nullopt;
  auto entry = by_source_.find(source);
  if (entry == by_source_.end()) entry = by_source_.emplace(source, 0).first;
  if (entry->second >= share) return std::nullopt;  // more, if the limit was lowered
  ++entry->second;
  ++waiting_;
  return Permit(*this, entry);
}

void ControlState::release(Permit::Sources::iterator source) {
  const std::lock_guard lock(mutex_);
  --waiting_;
  if (--source->second == 0) by_source_.erase(source);
}

bool asks_for_control(const wire::RequestHead& request) {
  return request.has_noted_field || request.target.find('?') != std::string_view::npos;
}

std::expected<ResponsePlan, std::string> plan_response(const wire::RequestHead& request,
                                                       const ControlSettings& settings,
                                                       ControlState& state) {
  const Controls controls(request);
  return Planner(controls, settings, state).plan();
}

std::expected<Duration, std::string> read_duration(std::string_view name, std::string_view text,
                                                   const ControlSettings& settings) {
  const std::optional<Duration> duration = parse_duration(text);
  if (!duration) {
    return std::unexpected(
        fmt::format("{}: expected a duration, such as 150us, 2ms or 0.5s", name));
  }
  if (*duration > settings.duration_max) {
    const std::chrono::duration<double> longest = settings.duration_max;
    return std::unexpected(
        fmt::format("{}: limit is {} s (--max-duration)", name, longest.count()));
  }
  return *duration;
}

std::expected<uint64_t, std::string> read_size(std::string_view name, std::string_view text,
                                               const ControlSettings& settings) {
  uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  const bool whole = end == text.data() + text.size();
  const bool too_large = error == std::errc::result_out_of_range || size > settings.size_max;
  if (!whole || (error != std::errc() && !too_large)) {
    return std::unexpected(fmt::format("{}: expected a number of bytes", name));
  }
  if (too_large) {
    return std::unexpected(
        fmt::format("{}: limit is {} bytes (--max-answer)", name, settings.size_max));
  }
  return size;
}

std::expected<int, std::string> read_status(std::string_view name, std::string_view text) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || status < 200 || status > 599) {
    return std::unexpected(fmt::format("{}: expected a status from 200 to 599", name));
  }
  return status;
}

}  // namespace echod::http
