#include "http/endpoints/health.h"

namespace echod::http {
namespace {

Task<BodyEnd> answer_line(Responder& responder, int status, std::string_view line) {
  BodyEnd end = co_await responder.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  const Response response{.status = status, .content_type = "text/plain; charset=utf-8"};
  co_await responder.answer(response, line);
  co_return BodyEnd::kComplete;
}

}  // namespace

Task<BodyEnd> answer_health(Responder& responder, std::string_view) {
  return answer_line(responder, 200, "ok\n");
}

Task<BodyEnd> answer_ready(Responder& responder, std::string_view) {
  return responder.session().stopping() ? answer_line(responder, 503, "stopping\n")
                                        : answer_line(responder, 200, "ok\n");
}

}  // namespace echod::http
