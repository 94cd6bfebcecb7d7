#include "app/admin/host_check.h"

#include <algorithm>

#include "wire/http/syntax.h"

namespace echod {
namespace {

using wire::equals_ignoring_case;

std::string_view without_port(std::string_view host) {
  const size_t bracket = host.rfind(']');
  const size_t colon = host.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return has_port ? host.substr(0, colon) : host;
}

// Four decimal numbers. inet_aton's other forms (127.1) are names to a browser's URL parser, which
// would have replaced them; other clients can send the usual form.
bool is_ipv4(std::string_view text) {
  size_t parts = 0;
  while (true) {
    const size_t dot = std::min(text.find('.'), text.size());
    const auto number = wire::parse_decimal(text.substr(0, dot));
    if (!number || *number > 255) return false;
    ++parts;
    if (dot == text.size()) return parts == 4;
    text.remove_prefix(dot + 1);
  }
}

bool is_ipv6_in_brackets(std::string_view text) {
  return text.size() > 3 && text.front() == '[' && text.back() == ']' &&
         text.find_first_not_of("0123456789abcdefABCDEF:.", 1) == text.size() - 1 &&
         (text.contains("::") || std::ranges::count(text, ':') == 7);
}

// The authority of a target in absolute form; empty in the others.
std::string_view authority_of(std::string_view target) {
  const size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return {};
  target.remove_prefix(scheme + 3);
  return target.substr(0, target.find_first_of("/?#"));
}

// Whether `origin`, "http://HOST:PORT", is that of a page of the server called `host`.
bool is_same_origin(std::string_view origin, std::string_view host) {
  const size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;  // "null"
  const std::string_view name = origin.substr(0, scheme);
  if (name != "http" && name != "https") return false;
  return !host.empty() && equals_ignoring_case(origin.substr(scheme + 3), host);
}

}  // namespace

bool is_allowed_host(std::string_view host, std::span<const std::string> names) {
  std::string_view name = without_port(host);
  if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);  // fully qualified
  if (equals_ignoring_case(name, "localhost")) return true;
  if (is_ipv4(name) || is_ipv6_in_brackets(name)) return true;
  return std::ranges::any_of(
      names, [name](const std::string& known) { return equals_ignoring_case(known, name); });
}

std::string_view refused_caller(const wire::RequestHead& request,
                                std::span<const std::string> names, bool any_host) {
  std::string_view host = authority_of(request.target);  // it counts before Host (RFC 9112 3.2.2)
  const bool is_absolute = !host.empty();
  for (const wire::Field& field : request.fields) {
    if (!is_absolute && equals_ignoring_case(field.name, "Host")) host = field.value();
  }
  // Without Host at all (HTTP/1.0) it is no browser.
  if (!any_host && !host.empty() && !is_allowed_host(host, names)) {
    return "Host is neither localhost nor an address; allow a name with --admin-host";
  }
  for (const wire::Field& field : request.fields) {
    if (equals_ignoring_case(field.name, "Origin") && !is_same_origin(field.value(), host)) {
      return "Origin is another site";
    }
    if (equals_ignoring_case(field.name, "Sec-Fetch-Site") && field.value() != "same-origin" &&
        field.value() != "none") {
      return "the request comes from a page of another site (Sec-Fetch-Site)";
    }
  }
  return {};
}

}  // namespace echod
