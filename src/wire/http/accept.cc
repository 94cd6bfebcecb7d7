#include "wire/http/accept.h"

#include <algorithm>

#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

// "0", "1", "0.5", "1.000" (at most three decimals), in thousandths.
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

// Removes "=VALUE" from the front, a token or a quoted string; a parameter may also have none.
// False if it is malformed.
bool consume_parameter_value(std::string_view& text) {
  if (!text.starts_with('=')) return true;
  text.remove_prefix(1);
  if (!text.starts_with('"')) return !consume_token(text).empty();
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// Removes a member and the "," after it from the front. A "," within quotes does not end a member.
std::string_view consume_range(std::string_view& list) {
  bool quoted = false;
  size_t end = 0;
  for (; end < list.size() && (quoted || list[end] != ','); ++end) {
    if (list[end] == '"') quoted = !quoted;
    if (quoted && list[end] == '\\' && end + 1 < list.size()) ++end;
  }
  const std::string_view member = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return member;
}

bool ends_in_json(std::string_view subtype) {
  constexpr std::string_view kSuffix = "+json";  // RFC 6839 section 3.1
  return subtype.size() > kSuffix.size() &&
         equals_ignoring_case(subtype.substr(subtype.size() - kSuffix.size()), kSuffix);
}

struct Match {
  int specificity = 0;  // 0: no match; 3: both type and subtype are named
  int weight = 0;
};

// One member of the list, "text/*;level=1;q=0.4".
Match match(std::string_view range, std::string_view type, std::string_view subtype) {
  const std::string_view range_type = consume_token(range);
  if (range_type.empty() || !range.starts_with('/')) return {};
  range.remove_prefix(1);
  const std::string_view range_subtype = consume_token(range);
  const std::optional<int> weight = parse_weight_parameter(range, OtherParameters::kPassedOver);
  if (!weight) return {};
  Match found{.specificity = 0, .weight = *weight};
  if (range_type == "*" && range_subtype == "*") {
    found.specificity = 1;
  } else if (equals_ignoring_case(range_type, type)) {
    if (range_subtype == "*") found.specificity = 2;
    const bool same = equals_ignoring_case(range_subtype, subtype) ||
                      (subtype == "json" && ends_in_json(range_subtype));
    if (same) found.specificity = 3;
  }
  return found;
}

}  // namespace

std::optional<int> parse_weight_parameter(std::string_view parameters, OtherParameters others) {
  const bool strict = others == OtherParameters::kMalformed;
  int weight = kFullWeight;
  for (std::string_view rest = trim(parameters); !rest.empty(); rest = trim(rest)) {
    if (!rest.starts_with(';')) return std::nullopt;
    rest = trim(rest.substr(1));
    if (!strict && (rest.empty() || rest.starts_with(';'))) continue;  // nothing between two ";"
    const std::string_view name = consume_token(rest);
    if (name.empty()) return std::nullopt;
    if (!equals_ignoring_case(name, "q")) {
      if (strict || !consume_parameter_value(rest)) return std::nullopt;
      continue;
    }
    if (!rest.starts_with('=')) return std::nullopt;
    const size_t end = std::min(rest.find_first_of("; \t"), rest.size());
    const std::optional<int> given = parse_weight(rest.substr(1, end - 1));
    if (!given) return std::nullopt;
    weight = *given;
    rest.remove_prefix(end);
  }
  return weight;
}

int media_type_weight(FieldList fields, std::string_view type, std::string_view subtype) {
  bool any_field = false;
  Match best;
  for (const Field& line : fields) {
    if (!equals_ignoring_case(line.name, "Accept")) continue;
    any_field = true;
    std::string_view list = line.value();
    while (!list.empty()) {
      const Match found = match(consume_range(list), type, subtype);
      if (found.specificity > best.specificity) best = found;
    }
  }
  if (!any_field) return kFullWeight;
  return best.weight;
}

}  // namespace echod::wire
