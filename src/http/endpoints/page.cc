#include "http/endpoints/page.h"

#include <fmt/format.h>

#include <string>

#include "base/check.h"
#include "http/path_prefix.h"
#include "wire/digest.h"
#include "wire/http/accept.h"
#include "wire/http/field_list.h"
#include "wire/http/target.h"

namespace echod {

// page.html, compiled in: the build generates a source file from it.
extern const std::string_view kHttpPage;

}  // namespace echod

namespace echod::http {

namespace {

// The text between the page's only `begin` and its only `end`.
std::string_view element(std::string_view begin, std::string_view end) {
  const size_t from = kHttpPage.find(begin);
  ECHOD_CHECK(from != std::string_view::npos && kHttpPage.rfind(begin) == from);
  const size_t to = kHttpPage.find(end);
  ECHOD_CHECK(to != std::string_view::npos && to > from && kHttpPage.rfind(end) == to);
  return kHttpPage.substr(from + begin.size(), to - from - begin.size());
}

std::string source_hash(std::string_view text) { return wire::to_base64(wire::sha256(text)); }

// With Trusted Types the browser also rejects any script that would turn text into markup.
std::string compose_policy() {
  return fmt::format(
      "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; "
      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
      "require-trusted-types-for 'script'; trusted-types 'none'",
      source_hash(element("<script>", "</script>")), source_hash(element("<style>", "</style>")));
}

}  // namespace

bool wants_http_page(const Request& request, std::string_view base_path) {
  if (request.method != "GET" && request.method != "HEAD") return false;
  if (request.framing != BodyFraming::kNone) return false;
  const wire::TargetParts target = wire::split_target(request.target);
  const std::string_view path = path_below(base_path, target.path).value_or("");
  if ((path != "/" && !needs_last_slash(request, base_path)) || target.has_query) return false;
  const FieldList fields = request.fields;
  const int html = wire::media_type_weight(fields, "text", "html");
  return html > wire::media_type_weight(fields, "application", "json") &&
         html > wire::media_type_weight(fields, "text", "plain");
}

bool needs_last_slash(const Request& request, std::string_view base_path) {
  return !base_path.empty() && wire::split_target(request.target).path == base_path;
}

std::string_view http_page() { return kHttpPage; }

std::string_view http_page_policy() {
  static const std::string policy = compose_policy();
  return policy;
}

}  // namespace echod::http
