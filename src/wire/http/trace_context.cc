#include "wire/http/trace_context.h"

#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_zero(std::string_view digits) {
  return digits.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view value) {
  constexpr size_t kSize = 55;
  if (value.size() < kSize) return std::nullopt;
  const TraceContext trace{.version = value.substr(0, 2),
                           .trace_id = value.substr(3, 32),
                           .parent_id = value.substr(36, 16),
                           .flags = value.substr(53, 2),
                           .text = value};
  for (const std::string_view part :
       {trace.version, trace.trace_id, trace.parent_id, trace.flags}) {
    if (!is_lower_hex(part)) return std::nullopt;
  }
  const bool separated = value[2] == '-' && value[35] == '-' && value[52] == '-';
  if (!separated || trace.version == "ff") return std::nullopt;
  if (is_zero(trace.trace_id) || is_zero(trace.parent_id)) return std::nullopt;
  const bool longer = value.size() > kSize;
  if (longer && (trace.version == "00" || value[kSize] != '-')) return std::nullopt;
  return trace;
}

std::optional<TraceContext> trace_context(FieldList fields) {
  std::optional<std::string_view> value;
  for (const Field& field : fields) {
    if (!equals_ignoring_case(field.name, "traceparent")) continue;
    if (value) return std::nullopt;
    value = field.value();
  }
  return value ? parse_traceparent(*value) : std::nullopt;
}

}  // namespace echod::wire
