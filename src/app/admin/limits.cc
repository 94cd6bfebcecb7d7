#include "app/admin/limits.h"

#include "app/admin/context.h"
#include "app/admin/endpoints.h"
#include "app/admin/limits_json_reader.h"
#include "app/log/redaction.h"
#include "app/serve/reloader.h"
#include "base/json_writer.h"

namespace echod {
namespace {

using http::BodyEnd;
using http::Responder;

void write_values(JsonWriter& json, const LiveSetting& setting) {
  json.name("value");
  if (setting.is_list) {
    json.begin_array();
    for (const std::string& value : setting.values) {
      json.ascii(redacted_value(setting.name, value));  // may be any bytes
    }
    json.end_array();
  } else if (setting.values.empty()) {
    json.null();
  } else {
    json.ascii(redacted_value(setting.name, setting.values.front()));
  }
}

std::string limits_json(const Reloader& reloader) {
  JsonWriter json(2, {}, 2);
  json.begin_object();
  json.member("persistent", false);
  json.member("note", "A change lasts until the next reload (SIGHUP) or restart.");
  json.name("options");
  json.begin_array();
  for (const LiveSetting& setting : reloader.settings()) {
    if (!setting.reloadable || !setting.by_admin) continue;
    json.begin_object();
    json.member("name", setting.name);
    write_values(json, setting);
    json.member("origin", name_of(setting.origin));
    if (!setting.place.empty() && setting.origin == Origin::kFile) {
      json.name("place");
      json.ascii(setting.place);
    }
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

Task<BodyEnd> decline(Responder& responder, std::string reason) {
  reason += "; nothing was changed";
  BodyEnd end = co_await responder.decline(400, reason);
  co_return end;
}

Task<BodyEnd> change_limits(Responder& responder) {
  Responder::KeptBody body(responder.settings());
  BodyEnd end = co_await responder.keep_body(body, kLimitsBodySizeMax);
  if (end != BodyEnd::kComplete) co_return end;
  if (body.state == Responder::KeptBody::State::kNoMemory) {
    end = co_await responder.decline_for_memory();
    co_return end;
  }
  if (body.state == Responder::KeptBody::State::kTooLarge) {
    end = co_await responder.decline(413, "the body may have at most 16 KiB");
    co_return end;
  }
  auto given = parse_limits_json(body.bytes);
  if (!given) {
    end = co_await decline(responder, given.error());
    co_return end;
  }
  Reloader& reloader = *context_of(responder).resources.reloader;
  std::string peer;
  if (const Transport* transport = responder.session().transport) {
    peer = transport->identity().remote;
  }
  const std::expected<void, std::string> changed = reloader.change(*given, peer);
  if (!changed) {
    end = co_await decline(responder, changed.error());
    co_return end;
  }
  const std::string json = limits_json(reloader) + "\n";
  const http::Response response{.content_type = "application/json"};
  co_await responder.answer(response, json);
  co_return BodyEnd::kComplete;
}

}  // namespace

Task<BodyEnd> answer_limits(Responder& responder, std::string_view) {
  if (responder.request().method == "PATCH") return change_limits(responder);
  return answer_json(responder, limits_json(*context_of(responder).resources.reloader));
}

}  // namespace echod
