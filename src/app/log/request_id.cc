#include "app/log/request_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace echod {
namespace {

bool is_allowed(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~+/=:@").contains(c);
}

}  // namespace

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kRequestIdSizeMax && std::ranges::all_of(text, is_allowed);
}

std::string request_id(wire::FieldList fields, Random& random) {
  const std::optional<std::string_view> given = wire::field_value(fields, "X-Request-Id");
  if (given && is_request_id(*given)) return std::string(*given);
  const uint64_t high = random.next();  // in this order on every compiler
  const uint64_t low = random.next();
  return fmt::format("{:016x}{:016x}", high, low);
}

}  // namespace echod
