#include "app/admin/endpoints.h"

#include "app/admin/context.h"
#include "app/admin/routes.h"
#include "app/version/version.h"
#include "base/json_writer.h"

namespace echod {
namespace {

using http::BodyEnd;
using http::Responder;

Task<BodyEnd> answer_text(Responder& responder, int status, std::string_view text) {
  BodyEnd end = co_await responder.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  const http::Response response{.status = status, .content_type = "text/plain; charset=utf-8"};
  co_await responder.answer(response, text);
  co_return BodyEnd::kComplete;
}

}  // namespace

Task<BodyEnd> answer_json(Responder& responder, std::string json) {
  BodyEnd end = co_await responder.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  json += '\n';
  const http::Response response{.content_type = "application/json"};
  co_await responder.answer(response, json);
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> answer_index(Responder& responder, std::string_view) {
  JsonWriter json(2, {}, 2);
  json.begin_object();
  json.name("paths");
  json.begin_array();
  for (const AdminRoute& route : admin_routes()) {
    if (route.reach == Reach::kLocal && !context_of(responder).is_local) continue;
    json.begin_object();
    json.member("path", route.path);
    json.member("methods", route.methods);
    json.member("about", route.about);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return answer_json(responder, json.take());
}

Task<BodyEnd> answer_live(Responder& responder, std::string_view) {
  return answer_text(responder, 200, "ok\n");
}

Task<BodyEnd> answer_ready(Responder& responder, std::string_view) {
  const bool is_ready = context_of(responder).resources.readiness.is_ready();
  return is_ready ? answer_text(responder, 200, "ok\n") : answer_text(responder, 503, "stopping\n");
}

Task<BodyEnd> answer_version(Responder& responder, std::string_view) {
  JsonWriter json(2);
  json.begin_object();
  append_build(json);
  json.member("engine", context_of(responder).resources.engine);
  json.end_object();
  return answer_json(responder, json.take());
}

}  // namespace echod
