#include "http/control.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/response_fields.h"
#include "wire/http/field_list.h"
#include "wire/http/syntax.h"

namespace echod::http {
namespace {

const AnswerDefaults kNoDefaults = {};
const std::vector<RequestedField> kNoFields = {};

// The response control parameters of one request: from its query and its headers.
class Controls {
 public:
  Controls() = default;  // none
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
  bool has_fields_ = false;
};

// Reads one request's parameters in a fixed order, so that the random choices are repeatable. Each
// comes from the client or, if it did not ask, from the operator's defaults.
class Planner {
 public:
  Planner(const Controls& controls, const ControlSettings& settings, ControlState& state,
          const PlanDefaults& operators)
      : controls_(controls),
        settings_(settings),
        operators_(operators),
        defaults_(operators.defaults != nullptr ? *operators.defaults : kNoDefaults),
        draw_(settings.seed, state) {}

  Read<ResponsePlan> plan() {
    const ValueLimits limits = limits_of(settings_);
    const auto duration = [&](std::string_view name, std::string_view text) {
      return read_duration(name, text, limits);
    };
    const auto size = [&](std::string_view name, std::string_view text) {
      return read_size(name, text, limits);
    };
    const bool has_body = defaults_.body && !defaults_.body->empty();
    choose_into<int>("status", plan_.status, defaults_.status, read_status);
    std::optional<Duration> delay;
    plan_.is_asked = choose_into<Duration>("delay", delay, defaults_.delay, duration);
    plan_.delay = delay.value_or(Duration::zero());
    choose_into<uint64_t>("size", plan_.size, defaults_.size, size, has_body);
    if (has_body && !plan_.size) plan_.body = &*defaults_.body;
    decide_into("close", plan_.close, defaults_.close.value_or(0));
    decide_into("gzip", plan_.gzip, defaults_.gzip.value_or(0));
    take_fields();
    draw_.add_fields(plan_.fields);
    plan_.by_chance = draw_.used();
    if (!problem_.empty()) return std::unexpected(problem_);
    return std::move(plan_);
  }

 private:
  // What the client gave for `name`, unless a default has precedence.
  std::vector<std::string> asked(std::string_view name, bool has_default) const {
    const bool counts = problem_.empty() && (!has_default || operators_.clients_override);
    return counts ? controls_.values(name) : std::vector<std::string>();
  }

  // Returns whether the client chose. `is_replaced`: another default stands in its place.
  template <typename T, typename Reader>
  bool choose_into(std::string_view name, std::optional<T>& target,
                   const std::optional<Shares<T>>& defaults, Reader read,
                   bool is_replaced = false) {
    const bool has_default = defaults && !defaults->empty();
    const std::vector<std::string> values = asked(name, has_default || is_replaced);
    if (values.empty()) {
      if (has_default) target = drawn(*defaults);
      return false;
    }
    const Read<Shares<T>> shares = read_shares<T>(name, values.front(), read);
    if (shares) {
      target = drawn(*shares);
    } else {
      problem_ = shares.error();
    }
    return true;
  }

  template <typename T>
  std::optional<T> drawn(const Shares<T>& shares) {
    return choose(shares, is_random(shares) ? draw_.uniform() : 0);
  }

  void decide_into(std::string_view name, bool& target, double default_percentage) {
    const std::vector<std::string> values = asked(name, default_percentage > 0);
    const Read<double> percentage =
        values.empty() ? default_percentage : read_chance(name, values.front());
    if (!percentage) {
      problem_ = percentage.error();
    } else if (*percentage == 0 || *percentage == 100) {
      target = *percentage == 100;
    } else {
      target = draw_.uniform() * 100 < *percentage;
    }
  }

  // The client's fields, and the operator's. Of a name that both set, only those with precedence.
  void take_fields() {
    std::vector<RequestedField> given;
    for (const std::string& text : asked("header", false)) {
      Read<RequestedField> field =
          operators_.unsafe ? any_field(text) : requested_field(text, settings_.allowed_fields);
      if (!field) {
        problem_ = field.error();
        return;
      }
      given.push_back(std::move(*field));
    }
    const std::vector<RequestedField>& own = defaults_.fields ? *defaults_.fields : kNoFields;
    add_fields(own, operators_.clients_override ? given : kNoFields, true);
    add_fields(given, operators_.clients_override ? kNoFields : own, operators_.unsafe);
  }

  // Adds `fields` to the plan, but not those of a name that is in `preferred`.
  void add_fields(const std::vector<RequestedField>& fields,
                  const std::vector<RequestedField>& preferred, bool may_cache) {
    for (const RequestedField& field : fields) {
      const auto has_name = [&](const RequestedField& other) {
        return wire::equals_ignoring_case(other.name, field.name);
      };
      if (std::ranges::any_of(preferred, has_name)) continue;
      if (wire::equals_ignoring_case(field.name, "Content-Type")) {
        plan_.content_type = field.value;
        continue;
      }
      if (may_cache && wire::equals_ignoring_case(field.name, "Cache-Control")) {
        plan_.sets_caching = true;
      }
      plan_.fields.add(field.name, field.value);
    }
  }

  const Controls& controls_;
  const ControlSettings& settings_;
  const PlanDefaults& operators_;
  const AnswerDefaults& defaults_;
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

Read<ResponsePlan> plan_response(const wire::RequestHead& request, const ControlSettings& settings,
                                 ControlState& state, const PlanDefaults& operators) {
  const Controls controls = operators.ask_client ? Controls(request) : Controls();
  return Planner(controls, settings, state, operators).plan();
}

ValueLimits limits_of(const ControlSettings& settings) {
  return {.duration_max = settings.duration_max,
          .duration_option = "--max-duration",
          .size_max = settings.size_max,
          .size_option = "--max-answer"};
}

}  // namespace echod::http
