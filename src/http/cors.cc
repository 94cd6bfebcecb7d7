#include "http/cors.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/http/syntax.h"

namespace echod::http {
namespace {

// How long a browser may keep a preflight response, in seconds.
constexpr std::string_view kMaxAge = "600";

// Maximum size of the list of header names that a preflight response allows, in bytes.
constexpr size_t kAllowedNamesSizeMax = 4096;

// The tokens of a list, each once or more, as a list; cut at the limit.
std::string tokens_of(std::string_view list) {
  std::string tokens;
  while (!list.empty()) {
    const std::string_view token = wire::trim(wire::consume_member(list));
    if (!wire::is_token(token)) continue;
    if (tokens.size() + token.size() + 2 > kAllowedNamesSizeMax) break;
    if (!tokens.empty()) tokens += ", ";
    tokens += token;
  }
  return tokens;
}

// The names of `fields`, without repetitions of one after the other.
std::string names_of(FieldList fields) {
  std::string names;
  std::string_view last;
  for (const Field& field : fields) {
    if (wire::equals_ignoring_case(field.name, last)) continue;
    last = field.name;
    if (!names.empty()) names += ", ";
    names += last;
  }
  return names;
}

}  // namespace

std::string_view Cors::allowed_origin(const Request& request) const {
  if (any_) return "*";
  const std::string_view origin = wire::field_value(request.fields, "Origin").value_or("");
  const auto found = std::ranges::find(origins_, origin);
  return found == origins_.end() ? std::string_view() : std::string_view(*found);
}

bool Cors::is_preflight(const Request& request) const {
  return request.method == "OPTIONS" && wire::field_value(request.fields, "Origin") &&
         wire::field_value(request.fields, "Access-Control-Request-Method") &&
         !allowed_origin(request).empty();
}

void Cors::add_preflight_fields(FieldBuffer& fields, const Request& request) const {
  const std::string_view method =
      wire::field_value(request.fields, "Access-Control-Request-Method").value_or("");
  if (wire::is_token(method)) fields.add("Access-Control-Allow-Methods", method);
  const std::string names =
      tokens_of(wire::field_value(request.fields, "Access-Control-Request-Headers").value_or(""));
  // By name: "*" would not include Authorization, nor mean anything to a request with credentials.
  if (!names.empty()) fields.add("Access-Control-Allow-Headers", names);
  fields.add("Access-Control-Max-Age", kMaxAge);
}

void Cors::add_fields(FieldBuffer& fields, const Request& request) const {
  const std::string_view origin = allowed_origin(request);
  if (origin.empty()) return;
  // A browser refuses a response that has the field twice.
  if (wire::field_value(fields.list(), "Access-Control-Allow-Origin")) return;
  // By name for listed origins: to a request with credentials "*" means nothing.
  const std::string exposed = any_ ? "*" : names_of(fields.list());
  fields.add("Access-Control-Allow-Origin", origin);
  if (!any_) fields.add("Access-Control-Allow-Credentials", "true");
  fields.add("Access-Control-Expose-Headers", exposed);
}

std::expected<std::string, std::string> read_origin(std::string_view text) {
  std::string origin(text);
  for (char& c : origin) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme)) continue;
    const std::string_view host = std::string_view(origin).substr(scheme.size());
    if (!wire::is_host(host) || host.ends_with(':')) break;
    const std::string_view own_port = scheme == "http://" ? ":80" : ":443";
    if (origin.ends_with(own_port)) origin.resize(origin.size() - own_port.size());
    return origin;
  }
  return std::unexpected(fmt::format(
      "'{}' is not an origin; write https://example.org or http://localhost:3000", text));
}

}  // namespace echod::http
