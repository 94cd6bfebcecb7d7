#include "protocol/protocol.h"

#include <vector>

#include "wire/http/syntax.h"

namespace echod {
namespace {

bool is_for(const ProtocolRow& row, UrlUse use) {
  return use == UrlUse::kListen ? row.listens : row.is_target;
}

}  // namespace

std::optional<Protocol> protocol_with_scheme(std::string_view scheme, UrlUse use) {
  for (const ProtocolRow& row : kProtocols) {
    if (is_for(row, use) && wire::equals_ignoring_case(row.scheme, scheme)) return row.protocol;
  }
  return std::nullopt;
}

std::string schemes_for(UrlUse use) {
  std::vector<std::string_view> schemes;
  for (const ProtocolRow& row : kProtocols) {
    if (is_for(row, use)) schemes.push_back(row.scheme);
  }
  std::string text;
  for (size_t i = 0; i < schemes.size(); ++i) {
    if (i > 0) text += i + 1 == schemes.size() ? " or " : ", ";
    text += schemes[i];
    text += "://";
  }
  return text;
}

}  // namespace echod
