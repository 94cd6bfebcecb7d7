#include "http/respond.h"

#include "wire/http/target.h"

namespace echod::http {
namespace {

// Bytes of a head that are not counted in the memory budget.
constexpr size_t kFreeHeadSize = 8 * 1024;

// A response to TRACE would show a script headers that the browser hides from it; a response to
// CONNECT would promise a tunnel.
bool is_refused_method(std::string_view method) { return method == "TRACE" || method == "CONNECT"; }

// What was asked for is read into the responder's plan. Returns whether that can be: if not, the
// client was told.
Task<bool> plan(Responder& responder) {
  std::expected<ResponsePlan, std::string> planned =
      plan_response(responder.request(), responder.settings().control, responder.control_state());
  if (planned) {
    responder.set_plan(std::move(*planned));
    co_return true;
  }
  co_await responder.decline(400, planned.error());
  co_return false;
}

// Waits as long as the client asked for. False: there was no permit, and the client was told.
Task<bool> delay(Responder& responder) {
  bool acquired = co_await responder.acquire_permit();
  if (!acquired) co_return false;
  if (responder.request().expects_continue) co_await responder.exchange().inform(100, {});
  co_await responder.pause(responder.plan().delay);
  responder.release_permit();  // not for as long as the body takes to come
  co_return true;
}

}  // namespace

Task<> respond(Responder& responder, const Router& router) {
  const Request& request = responder.request();
  if (is_refused_method(request.method)) {
    constexpr FieldList kAllow("Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n");
    co_await responder.refuse(
        {.status = 405, .rule = "TRACE and CONNECT are not served", .fields = kAllow});
    co_return;
  }
  // A large head is kept until the response ends, however long the client takes.
  MemoryLease head_lease(responder.settings().memory);
  const size_t head_size = request.raw.empty() ? request.fields.text().size() : request.raw.size();
  if (head_size > kFreeHeadSize && !head_lease.grow_to(2 * head_size)) {
    co_await responder.decline_for_memory();
    co_return;
  }
  if (responder.settings().control.enabled && asks_for_control(request)) {
    bool planned = co_await plan(responder);
    if (!planned) co_return;
  }
  if (responder.plan().delay > Duration::zero()) {
    bool delayed = co_await delay(responder);
    if (!delayed) co_return;
  } else if (request.expects_continue) {
    co_await responder.exchange().inform(100, {});
  }
  const Router::Match match = router.match(wire::split_target(request.target).path);
  BodyEnd end = co_await match.endpoint(responder, match.argument);
  if (end == BodyEnd::kComplete) co_return;
  if (end == BodyEnd::kMalformed && !responder.begun()) {
    co_await responder.refuse(responder.exchange().refusal());
  } else {
    responder.cut();  // as the request was
  }
}

}  // namespace echod::http
