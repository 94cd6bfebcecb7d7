#include "protocol/httpbin_json.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json_writer.h"
#include "protocol/http_reflection.h"
#include "wire/digest.h"
#include "wire/http1_head.h"
#include "wire/http1_syntax.h"
#include "wire/http_target.h"
#include "wire/multipart.h"

namespace echod {
namespace {

constexpr size_t kFormPartsMax = 1000;
constexpr size_t kJsonDepthMax = 100;

// What a body's JSON may grow by when it is shown: two spaces for each level, on each line.
constexpr size_t kJsonIndentMax = size_t{4} << 20;  // bytes

// In order of their names, several values of one in a list: Go's map[string][]string.
using Lists = std::map<std::string, std::vector<std::string>>;

void write(JsonWriter& json, std::string_view name, const Lists& lists) {
  json.name(name);
  json.begin_object();
  for (const auto& [key, values] : lists) {
    json.name(key);
    json.begin_array();
    for (const std::string& value : values) json.value(value);
    json.end_array();
  }
  json.end_object();
}

Lists lists_of(const wire::QueryArguments& arguments) {
  Lists lists;
  for (const auto& [name, value] : arguments) {
    lists[shown_as_text(name)].push_back(shown_as_text(value));
  }
  return lists;
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

Lists fields_of(std::string_view head_bytes) {
  Lists lists;
  for (const wire::FieldLine& line : wire::fields_of(head_bytes)) {
    lists[canonical(line.name)].push_back(shown_as_text(line.value()));
  }
  return lists;
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

// Writes a client's JSON anew as it is read, without a tree of it: its members in their order, its
// numbers as they came. One whose depth or lines would make the answer many times its size is not
// shown.
class JsonCopy {
 public:
  bool null() {
    return written([&] { json_.null(); });
  }
  bool boolean(bool truth) {
    return written([&] { json_.value(truth); });
  }
  bool number_integer(int64_t number) {
    return written([&] { json_.value(number); });
  }
  bool number_unsigned(uint64_t number) {
    return written([&] { json_.value(number); });
  }
  bool number_float(double, const std::string& text) {
    return written([&] { json_.literal(text); });
  }
  bool string(const std::string& text) {
    return written([&] { json_.value(text); });
  }
  bool binary(const nlohmann::json::binary_t&) { return false; }  // not of JSON
  bool start_object(size_t) {
    return written([&] { json_.begin_object(); });
  }
  bool key(const std::string& name) {
    return written([&] { json_.name(name); });
  }
  bool end_object() {
    return written([&] { json_.end_object(); });
  }
  bool start_array(size_t) {
    return written([&] { json_.begin_array(); });
  }
  bool end_array() {
    return written([&] { json_.end_array(); });
  }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception&) { return false; }

  std::string take() { return json_.take(); }

 private:
  template <typename Write>
  bool written(Write write) {
    write();
    indent_ += 2 * json_.depth();
    return json_.depth() <= kJsonDepthMax && indent_ <= kJsonIndentMax;
  }

  JsonWriter json_{2};
  size_t indent_ = 0;
};

// The body as it is to stand in the document, below its first level; null where it is not shown.
std::string shown_json(std::string_view text) {
  JsonCopy copy;
  if (!nlohmann::json::sax_parse(text, &copy)) return "null";
  std::string shown;
  for (const char c : copy.take()) {
    shown += c;
    if (c == '\n') shown += "  ";
  }
  return shown;
}

struct Body {
  std::string data;
  Lists files;
  Lists form;
  std::string json = "null";
};

Body read_body(std::string_view content_type, std::string_view bytes) {
  Body body;
  const bool is_text = is_type(content_type, "text/") || is_type(content_type, "html/");
  if (is_type(content_type, "application/x-www-form-urlencoded")) {
    body.form = lists_of(wire::query_arguments(bytes));
  } else if (is_type(content_type, "application/json")) {
    if (!bytes.empty()) body.json = shown_json(bytes);
  } else if (is_type(content_type, "multipart/form-data")) {
    const auto parts = wire::form_parts(content_type, bytes, kFormPartsMax);
    for (const wire::FormPart& part : parts.value_or(std::vector<wire::FormPart>())) {
      Lists& lists = part.filename ? body.files : body.form;
      lists[shown_as_text(part.name)].push_back(shown_as_text(part.content));
    }
  } else if (!is_text && !bytes.empty()) {
    const std::string_view type = content_type.empty() ? "application/octet-stream" : content_type;
    body.data = fmt::format("data:{};base64,{}", shown_as_text(type), wire::to_base64_url(bytes));
    return body;
  }
  body.data = shown_as_text(bytes);
  return body;
}

}  // namespace

std::string anything_as_json(const HttpbinRequest& request) {
  const std::string_view query = wire::split_target(request.head.target).query;
  const Body body = read_body(request.head.content_type, request.body);
  JsonWriter json(2);
  json.begin_object();
  write(json, "args", lists_of(wire::query_arguments(query)));
  write(json, "headers", fields_of(request.head_bytes));
  json.member("method", request.head.method);
  json.member("origin", origin_of(request.session));
  json.member("url", url_of(request));
  json.member("data", body.data);
  write(json, "files", body.files);
  write(json, "form", body.form);
  json.name("json");
  json.literal(body.json);
  json.end_object();
  return json.take() + "\n";
}

std::string headers_as_json(std::string_view head_bytes) {
  JsonWriter json(2);
  json.begin_object();
  write(json, "headers", fields_of(head_bytes));
  json.end_object();
  return json.take() + "\n";
}

std::string origin_as_json(const Session& session) {
  JsonWriter json(2);
  json.begin_object();
  json.member("origin", origin_of(session));
  json.end_object();
  return json.take() + "\n";
}

}  // namespace echod
