#include "app/admin/config_endpoint.h"

#include "app/admin/context.h"
#include "app/admin/endpoints.h"
#include "app/log/redaction.h"
#include "base/json_writer.h"
#include "wire/http/credentials.h"
#include "wire/http/syntax.h"

namespace echod {

std::string redacted_value(std::string_view name, std::string_view value) {
  if (wire::is_credential_name(name)) return std::string(kRedacted);
  // "NAME: VALUE" and "NAME=VALUE", maybe behind a path prefix: "/v1 Authorization: x".
  const size_t sign = value.find_first_of(":=");
  const std::string_view before = value.substr(0, sign);
  const std::string_view field =
      wire::trim(before.substr(before.find_last_of(" \t", before.find_last_not_of(" \t")) + 1));
  if (sign != std::string_view::npos && !field.empty() && wire::is_credential_name(field)) {
    return std::string(value.substr(0, sign + 1)) + std::string(kRedacted);
  }
  return redacted_url(value);
}

Task<http::BodyEnd> answer_config(http::Responder& responder, std::string_view) {
  const std::vector<ShownSetting> settings = context_of(responder).resources.settings();
  JsonWriter json(2, {}, 1);
  json.begin_object();
  for (const ShownSetting& setting : settings) {
    json.name(setting.name);
    json.begin_object();
    json.name("value");
    if (setting.is_list) {
      json.begin_array();
      for (const std::string& value : setting.values) {
        json.ascii(redacted_value(setting.name, value));
      }
      json.end_array();
    } else if (setting.values.empty()) {
      json.null();
    } else {
      json.ascii(redacted_value(setting.name, setting.values.front()));
    }
    json.member("origin", name_of(setting.origin));
    if (setting.origin != Origin::kDefault) {
      json.name("place");
      json.ascii(setting.place);
    } else if (setting.values.empty()) {
      json.member("default", setting.default_note);
    }
    json.end_object();
  }
  json.end_object();
  return answer_json(responder, json.take());
}

}  // namespace echod
