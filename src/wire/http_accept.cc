#include "wire/http_accept.h"

#include <algorithm>

#include "wire/http1_syntax.h"

namespace echod::wire {
namespace {

// "0", "1", "0.5", "1.000": at most three digits behind the point, in thousandths.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = text[0] == '1' ? kFullWeight : 0;
  text.remove_prefix(1);
  if (text.empty()) return weight;
  if (text[0] != '.' || text.size() > 4) return std::nullopt;
  int place = kFullWeight;
  for (const char digit : text.substr(1)) {
    if (!is_digit(static_cast<unsigned char>(digit))) return std::nullopt;
    place /= 10;
    weight += (digit - '0') * place;
  }
  if (weight > kFullWeight) return std::nullopt;
  return weight;
}

struct Match {
  int specificity = 0;  // 0: it does not fit; 3: both type and subtype are named
  int weight = 0;
};

// One member of the list, "text/*;level=1;q=0.4".
Match match(std::string_view range, std::string_view type, std::string_view subtype) {
  const std::string_view range_type = consume_token(range);
  if (range_type.empty() || !range.starts_with('/')) return {};
  range.remove_prefix(1);
  const std::string_view range_subtype = consume_token(range);
  const std::optional<int> weight = parse_weight_parameter(range);
  if (!weight) return {};
  Match found{.specificity = 0, .weight = *weight};
  if (range_type == "*" && range_subtype == "*") {
    found.specificity = 1;
  } else if (equals_ignoring_case(range_type, type)) {
    if (range_subtype == "*") found.specificity = 2;
    if (equals_ignoring_case(range_subtype, subtype)) found.specificity = 3;
  }
  return found;
}

}  // namespace

std::optional<int> parse_weight_parameter(std::string_view parameters) {
  int weight = kFullWeight;
  for (std::string_view rest = trim(parameters); !rest.empty(); rest = trim(rest)) {
    if (!rest.starts_with(';')) return std::nullopt;
    rest = trim(rest.substr(1));
    const std::string_view name = consume_token(rest);
    if (!equals_ignoring_case(name, "q") || !rest.starts_with('=')) return std::nullopt;
    const size_t end = std::min(rest.find_first_of("; \t"), rest.size());
    const std::optional<int> given = parse_weight(rest.substr(1, end - 1));
    if (!given) return std::nullopt;
    weight = *given;
    rest.remove_prefix(end);
  }
  return weight;
}

int media_type_weight(FieldLines fields, std::string_view type, std::string_view subtype) {
  bool any_field = false;
  Match best;
  for (const FieldLine& line : fields) {
    if (!equals_ignoring_case(line.name, "Accept")) continue;
    any_field = true;
    std::string_view list = line.value();
    while (!list.empty()) {
      const Match found = match(consume_member(list), type, subtype);
      if (found.specificity > best.specificity) best = found;
    }
  }
  if (!any_field) return kFullWeight;
  return best.weight;
}

}  // namespace echod::wire
