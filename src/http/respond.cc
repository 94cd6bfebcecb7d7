#include "http/respond.h"

#include "wire/http/target.h"

namespace echod::http {
namespace {

// Bytes of a head that are not counted in the memory budget.
constexpr size_t kFreeHeadSize = 8 * 1024;

// A response to TRACE would show a script headers that the browser hides from it; a response to
// CONNECT would promise a tunnel.
bool is_refused_method(std::string_view method) { return method == "TRACE" || method == "CONNECT"; }

// Parses response control. Returns false after an error response.
Task<bool> plan(Responder& responder) {
  const ControlSettings& settings = responder.settings().control;
  if (!settings.enabled || !asks_for_control(responder.request())) co_return true;
  std::expected<ResponsePlan, std::string> planned =
      plan_response(responder.request(), settings, responder.control_state());
  if (planned) {
    responder.set_plan(std::move(*planned));
    co_return true;
  }
  co_await responder.decline(400, planned.error());
  co_return false;
}

Task<BodyEnd> run(Responder& responder, Router::Match match) {
  BodyEnd end = BodyEnd::kComplete;
  const Duration delay = responder.plan().delay;
  if (delay > Duration::zero()) {
    bool acquired = co_await responder.acquire_permit();
    if (!acquired) co_return end;
  }
  if (responder.request().expects_continue) co_await responder.exchange().inform(100, {});
  if (delay > Duration::zero()) co_await responder.pause(delay);
  responder.release_permit();  // not while the body arrives
  end = co_await match.endpoint(responder, match.argument);
  co_return end;
}

}  // namespace

Task<> respond(Responder& responder, const Router& router) {
  const Request& request = responder.request();
  if (is_refused_method(request.method)) {
    co_await responder.refuse({.status = 405, .rule = "TRACE and CONNECT are not served"});
    co_return;
  }
  // A large head is kept until the response ends, however long the client takes.
  MemoryLease head_lease(responder.settings().memory);
  const size_t head_size = request.raw.empty() ? request.fields.text().size() : request.raw.size();
  if (head_size > kFreeHeadSize && !head_lease.grow_to(2 * head_size)) {
    co_await responder.decline_for_memory();
    co_return;
  }
  BodyEnd end = BodyEnd::kComplete;
  bool planned = co_await plan(responder);
  if (planned) end = co_await run(responder, router.match(wire::split_target(request.target).path));
  if (end == BodyEnd::kComplete) co_return;
  if (end == BodyEnd::kMalformed && !responder.begun()) {
    co_await responder.refuse(responder.exchange().refusal());
  } else {
    responder.cut();  // as the request was
  }
}

}  // namespace echod::http
