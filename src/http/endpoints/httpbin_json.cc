#include "http/endpoints/httpbin_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/json_format.h"
#include "base/utf8.h"
#include "wire/digest.h"
#include "wire/http/field_list.h"
#include "wire/http/multipart.h"
#include "wire/http/syntax.h"
#include "wire/http/target.h"

namespace echod::http {
namespace {

// Maximum size of a body's formatted JSON: a hundred levels deep, each "1," takes 200 bytes of
// indentation.
constexpr size_t kShownJsonSizeMax = size_t{4} << 20;  // bytes

constexpr size_t kIndent = 2;  // spaces
constexpr size_t kJsonPieceSize =
    64;  // bytes formatted between two checks of the clock, at most 13 KiB of output
constexpr size_t kBase64PieceSize = 768;  // bytes, a multiple of 3

// Names and values as views, in the received order until they are sorted.
using Lists = std::vector<std::pair<std::string_view, std::string_view>>;

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

// A member for each name, sorted by name, with a list of its values: Go's map[string][]string.
Task<> write_lists(Document& document, JsonWriter& json, std::string_view its_name, Lists& lists) {
  // The values of one name keep their order, which is the order of their addresses.
  std::ranges::sort(lists, [](const auto& one, const auto& other) {
    const auto order = one.first <=> other.first;
    return order != 0 ? order < 0 : std::less<>()(one.second.data(), other.second.data());
  });
  co_await document.take_turns();
  json.name(its_name);
  json.begin_object();
  for (size_t i = 0; i < lists.size();) {
    const std::string_view name = lists[i].first;
    json.name(shown_as_text(name));
    json.begin_array();
    for (; i < lists.size() && lists[i].first == name; ++i) {
      co_await document.write_string(json, lists[i].second);
    }
    json.end_array();
  }
  json.end_object();
}

// Decodes in place.
Lists arguments_in(std::span<char> text) {
  Lists lists;
  std::string_view left(text.data(), text.size());
  const auto decoded = [&](std::string_view part) {
    const auto begin = static_cast<size_t>(part.data() - text.data());
    return wire::form_decode_in_place(text.subspan(begin, part.size()));
  };
  while (const auto argument = wire::next_argument(left)) {
    lists.emplace_back(decoded(argument->name), decoded(argument->value));
  }
  return lists;
}

size_t count_arguments(std::string_view text) {
  size_t count = 0;
  while (wire::next_argument(text)) ++count;
  return count;
}

Task<> write_named_fields(Document& document, JsonWriter& json, std::string_view its_name,
                          FieldList lines) {
  std::vector<std::pair<std::string, std::string_view>> canonical_names;
  for (const Field& line : lines) {
    canonical_names.emplace_back(canonical(line.name), line.value());
  }
  Lists lists(canonical_names.begin(), canonical_names.end());
  co_await write_lists(document, json, its_name, lists);
}

std::string origin_of(const Session& session) {
  if (session.transport == nullptr) return "";
  return std::string(host_of(session.transport->identity().remote));
}

std::string url_of(const Request& head) {
  const auto host = wire::field_value(head.fields, "Host");
  if (!head.target.starts_with('/')) return std::string(head.target);  // absolute-form
  return fmt::format("http://{}{}", host.value_or(""), head.target);
}

enum class BodyKind : uint8_t { kText, kForm, kMultipart, kJson, kData };

BodyKind kind_of(std::string_view content_type, size_t size) {
  const auto is = [=](std::string_view type) {
    return wire::equals_ignoring_case(content_type.substr(0, type.size()), type);
  };
  if (is("application/x-www-form-urlencoded")) return BodyKind::kForm;
  if (is("multipart/form-data")) return BodyKind::kMultipart;
  if (is("application/json")) return BodyKind::kJson;
  return is("text/") || is("html/") || size == 0 ? BodyKind::kText : BodyKind::kData;
}

Task<> write_data_url(Document& document, JsonWriter& json, std::string_view content_type,
                      std::string_view bytes) {
  json.name("data");
  json.begin_string();
  json.string_part("data:");
  json.string_part(content_type.empty() ? "application/octet-stream" : shown_as_text(content_type));
  json.string_part(";base64,");
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kBase64PieceSize);
    json.string_part(wire::to_base64_url(piece));
    bytes.remove_prefix(piece.size());
    co_await document.write(json);
  }
  json.end_string();
}

// Whether `text` is JSON that can be shown.
Task<bool> can_be_shown(Document& document, std::string_view text) {
  if (!is_utf8(text)) co_return false;
  JsonFormatter formatter(kIndent, 1);
  std::string layout;
  size_t size = 0;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kJsonPieceSize);
    layout.clear();
    if (!formatter.feed(piece, layout)) co_return false;
    size += layout.size();
    if (size > kShownJsonSizeMax) co_return false;
    text.remove_prefix(piece.size());
    co_await document.take_turns();
  }
  co_return formatter.complete();
}

Task<> write_json(Document& document, JsonWriter& json, std::string_view text) {
  json.name("json");
  bool shown = co_await can_be_shown(document, text);
  if (!shown) {
    json.null();
    co_return;
  }
  JsonFormatter formatter(kIndent, 1);
  json.begin_literal();
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kJsonPieceSize);
    ECHOD_CHECK(formatter.feed(piece, json.literal_text()));
    text.remove_prefix(piece.size());
    co_await document.write(json);
  }
}

// Removes the backslashes of quoted pairs from a part's name, in place in `body`.
std::string_view unescaped(std::string_view name, std::span<char> body) {
  const std::span<char> text =
      body.subspan(static_cast<size_t>(name.data() - body.data()), name.size());
  size_t size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    text[size++] = text[i];
  }
  return name.substr(0, size);
}

// Writes the fields of a form body.
Task<> write_form(Document& document, JsonWriter& json, BodyKind kind,
                  std::string_view content_type, std::span<char> body) {
  Lists files;
  Lists form;
  if (kind == BodyKind::kForm) form = arguments_in(body);
  if (kind == BodyKind::kMultipart) {
    const auto parts =
        wire::form_parts(content_type, {body.data(), body.size()}, kListedArgumentsMax);
    for (const wire::FormPart& part : parts.value_or(std::vector<wire::FormPart>())) {
      (part.filename ? files : form).emplace_back(unescaped(part.name, body), part.content);
    }
  }
  co_await document.take_turns();
  co_await write_lists(document, json, "files", files);
  co_await write_lists(document, json, "form", form);
}

}  // namespace

bool anything_fits(const AnythingRequest& request) {
  const Request& head = request.responder.request();
  const std::string_view body(request.body.data(), request.body.size());
  if (count_arguments(wire::split_target(head.target).query) > kListedArgumentsMax) return false;
  return kind_of(head.content_type, body.size()) != BodyKind::kForm ||
         count_arguments(body) <= kListedArgumentsMax;
}

Task<> write_anything(Document& document, AnythingRequest request) {
  const Request& head = request.responder.request();
  const std::string_view body(request.body.data(), request.body.size());
  const BodyKind kind = kind_of(head.content_type, body.size());
  std::string query(wire::split_target(head.target).query);
  Lists arguments = arguments_in(query);
  JsonWriter json(kIndent);
  json.begin_object();
  co_await write_lists(document, json, "args", arguments);
  co_await write_named_fields(document, json, "headers", head.fields);
  json.member("method", head.method);
  json.member("origin", origin_of(request.responder.session()));
  const std::string url = url_of(head);
  co_await document.write_member(json, "url", url);
  if (kind == BodyKind::kData) {
    co_await write_data_url(document, json, head.content_type, body);
  } else {
    co_await document.write_member(json, "data", body);
  }
  co_await write_form(document, json, kind, head.content_type, request.body);
  if (kind == BodyKind::kJson) {
    co_await write_json(document, json, body);
  } else {
    json.name("json");
    json.null();
  }
  const FieldList trailers = request.responder.trailers();
  if (!trailers.empty()) co_await write_named_fields(document, json, "trailers", trailers);
  json.end_object();
  co_await document.write_rest(json);
}

Task<> write_headers(Document& document, FieldList fields) {
  JsonWriter json(kIndent);
  json.begin_object();
  co_await write_named_fields(document, json, "headers", fields);
  json.end_object();
  co_await document.write_rest(json);
}

Task<> write_env(Document& document, const ShownEnvironment& environment) {
  JsonWriter json(kIndent);
  json.begin_object();
  json.name("env");
  json.begin_object();
  for (const ShownVariable& variable : environment.variables()) {
    if (variable.value) co_await document.write_member(json, variable.name, *variable.value);
  }
  json.end_object();
  json.end_object();
  co_await document.write_rest(json);
}

Task<> write_origin(Document& document, const Session& session) {
  JsonWriter json(kIndent);
  json.begin_object();
  json.member("origin", origin_of(session));
  json.end_object();
  co_await document.write_rest(json);
}

}  // namespace echod::http
