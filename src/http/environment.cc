#include "http/environment.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace echod::http {
namespace {

// Baggage-octet of W3C Baggage section 3.3.1, without "%", which begins an encoded byte.
bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f && !std::string_view("\"%,;\\").contains(c);
}

std::string encoded(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (is_plain(c)) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

ShownEnvironment::ShownEnvironment(std::vector<ShownVariable> variables)
    : variables_(std::move(variables)) {
  for (ShownVariable& variable : variables_) {
    if (!variable.value) continue;
    const std::string_view separator = list_.empty() ? "" : ", ";
    const std::string member =
        fmt::format("{}{}={}", separator, variable.name, encoded(*variable.value));
    variable.listed = list_.size() + member.size() <= kEnvironmentListSizeMax;
    if (variable.listed) list_ += member;
  }
  if (!list_.empty()) wire::append_field(field_, kEnvironmentField, list_);
}

}  // namespace echod::http
