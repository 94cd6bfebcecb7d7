#include "protocol/httpbin_json.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "protocol/http_reflection.h"
#include "wire/digest.h"
#include "wire/http1_head.h"
#include "wire/http1_syntax.h"
#include "wire/http_target.h"
#include "wire/multipart.h"

namespace echod {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kFormPartsMax = 1000;
constexpr int kJsonDepthMax = 100;

// What a body's JSON grows by when it is shown: two spaces for each level, on each line.
constexpr size_t kJsonIndentMax = size_t{4} << 20;  // bytes

// In order of their names, several values of one in a list: Go's map[string][]string.
using Lists = std::map<std::string, std::vector<std::string>>;

// As a whole: an ordered_json looks at all of its names for each that is added.
Json as_json(const Lists& lists) { return lists; }

Json arguments_as_json(const wire::QueryArguments& arguments) {
  Lists lists;
  for (const auto& [name, value] : arguments) {
    lists[shown_as_text(name)].push_back(shown_as_text(value));
  }
  return as_json(lists);
}

// "content-TYPE" as "Content-Type": net/textproto.CanonicalMIMEHeaderKey.
std::string canonical(std::string_view name) {
  std::string text(name);
  bool first = true;
  for (char& c : text) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool upper = c >= 'A' && c <= 'Z';
    if (first && lower) c = static_cast<char>(c - 'a' + 'A');
    if (!first && upper) c = static_cast<char>(c - 'A' + 'a');
    first = c == '-';
  }
  return text;
}

Json fields_as_json(std::string_view head_bytes) {
  Lists lists;
  for (const wire::FieldLine& line : wire::fields_of(head_bytes)) {
    lists[canonical(line.name)].push_back(shown_as_text(line.value()));
  }
  return as_json(lists);
}

std::string origin_of(const Session& session) {
  if (session.transport == nullptr) return "";
  std::string address = session.transport->facts().remote;
  const size_t colon = address.rfind(':');
  if (colon != std::string::npos) address.resize(colon);
  if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
  return address;
}

std::string url_of(const HttpbinRequest& request) {
  const auto host = wire::field_value(wire::fields_of(request.head_bytes), "Host");
  const std::string_view target = request.head.target;
  if (!target.starts_with('/')) return std::string(target);  // absolute-form
  return fmt::format("http://{}{}", host.value_or(""), target);
}

bool is_type(std::string_view content_type, std::string_view type) {
  return wire::equals_ignoring_case(content_type.substr(0, type.size()), type);
}

// A document whose depth could use up the stack, or make the answer many times its size, is not one
// that is shown. Its names come in their order, as in Go: see as_json() for what keeping that of
// the client would cost.
Json parse_json(std::string_view text) {
  using Sorted = nlohmann::json;
  bool too_deep = false;
  size_t indent = 0;
  const auto watch = [&](int depth, Sorted::parse_event_t, Sorted&) {
    indent += 2 * static_cast<size_t>(depth);
    too_deep = too_deep || depth > kJsonDepthMax || indent > kJsonIndentMax;
    return !too_deep;
  };
  const Sorted parsed = Sorted::parse(text, watch, false);
  if (too_deep || parsed.is_discarded()) return nullptr;
  return parsed;
}

void add_multipart(Json& document, std::string_view content_type, std::string_view body) {
  const auto parts = wire::form_parts(content_type, body, kFormPartsMax);
  if (!parts) return;
  Lists files;
  Lists form;
  for (const wire::FormPart& part : *parts) {
    Lists& lists = part.filename ? files : form;
    lists[shown_as_text(part.name)].push_back(shown_as_text(part.content));
  }
  document["files"] = as_json(files);
  document["form"] = as_json(form);
}

void add_body(Json& document, std::string_view content_type, std::string_view body) {
  document["data"] = shown_as_text(body);
  document["files"] = Json::object();
  document["form"] = Json::object();
  document["json"] = nullptr;
  if (body.empty() || is_type(content_type, "text/") || is_type(content_type, "html/")) return;
  if (is_type(content_type, "application/x-www-form-urlencoded")) {
    document["form"] = arguments_as_json(wire::query_arguments(body));
  } else if (is_type(content_type, "multipart/form-data")) {
    add_multipart(document, content_type, body);
  } else if (is_type(content_type, "application/json")) {
    document["json"] = parse_json(body);
  } else {
    const std::string_view type = content_type.empty() ? "application/octet-stream" : content_type;
    document["data"] =
        fmt::format("data:{};base64,{}", shown_as_text(type), wire::to_base64_url(body));
  }
}

}  // namespace

std::string anything_as_json(const HttpbinRequest& request) {
  const std::string_view query = wire::split_target(request.head.target).query;
  Json document = {
      {"args", arguments_as_json(wire::query_arguments(query))},
      {"headers", fields_as_json(request.head_bytes)},
      {"method", request.head.method},
      {"origin", origin_of(request.session)},
      {"url", url_of(request)},
  };
  add_body(document, request.head.content_type, request.body);
  return document.dump(2) + "\n";
}

std::string headers_as_json(std::string_view head_bytes) {
  return Json{{"headers", fields_as_json(head_bytes)}}.dump(2) + "\n";
}

std::string origin_as_json(const Session& session) {
  return Json{{"origin", origin_of(session)}}.dump(2) + "\n";
}

}  // namespace echod
