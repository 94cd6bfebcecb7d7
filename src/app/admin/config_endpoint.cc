#include "app/admin/config_endpoint.h"

#include "app/admin/context.h"
#include "app/admin/endpoints.h"
#include "app/log/redaction.h"
#include "base/json_writer.h"

namespace echod {

Task<http::BodyEnd> answer_config(http::Responder& responder, std::string_view) {
  const std::vector<LiveSetting> settings = context_of(responder).resources.settings();
  JsonWriter json(2, {}, 1);
  json.begin_object();
  for (const LiveSetting& setting : settings) {
    if (setting.hidden) continue;
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
