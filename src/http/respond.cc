#include "http/respond.h"

#include <fmt/format.h>

#include "wire/http/target.h"

namespace echod::http {
namespace {

// Bytes of a head that are not counted in the memory budget.
constexpr size_t kFreeHeadSize = 8 * 1024;

// A response to TRACE would show a script headers that the browser hides from it; a response to
// CONNECT would promise a tunnel.
bool is_refused_method(std::string_view method) { return method == "TRACE" || method == "CONNECT"; }

// How a request will be answered.
struct Approach {
  Router::Match match = {};  // without an endpoint: the server does not answer at that path
  PlanDefaults operators = {};
  bool needs_plan = false;
};

Task<BodyEnd> answer_preflight(Responder& responder, std::string_view) {
  BodyEnd end = co_await responder.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  FieldBuffer fields;
  responder.settings().policy->cors.add_preflight_fields(fields, responder.request());
  const Response response{.status = 204, .fields = fields.list()};
  co_await responder.answer(response, "");
  co_return BodyEnd::kComplete;
}

// Where the operator has laid something down.
Approach approach_by(const AnswerPolicy& policy, const Responder& responder, const Router& router) {
  const Request& request = responder.request();
  const std::optional<std::string_view> path =
      policy.served_path(wire::split_target(request.target).path);
  if (!path) return {};
  // Neither defaults nor response control: the browser asks only whether it may send the request.
  if (policy.cors.is_preflight(request)) return {.match = {answer_preflight}};
  const bool asks = responder.settings().control.enabled && asks_for_control(request);
  const AnswerDefaults* defaults = policy.defaults_of(*path);
  return {.match = router.match(*path),
          .operators = {.defaults = defaults,
                        .clients_override = policy.clients_override,
                        .unsafe = policy.unsafe,
                        .ask_client = asks},
          .needs_plan = asks || defaults != nullptr};
}

Approach approach_to(const Responder& responder, const Router& router) {
  const AnswerPolicy* policy = responder.settings().policy.get();
  if (policy != nullptr) return approach_by(*policy, responder, router);
  const Request& request = responder.request();
  return {.match = router.match(wire::split_target(request.target).path),
          .needs_plan = responder.settings().control.enabled && asks_for_control(request)};
}

// What was asked for is read into the responder's plan. Returns whether that can be: if not, the
// client was told.
Task<bool> plan(Responder& responder, PlanDefaults operators) {
  Read<ResponsePlan> planned = plan_response(responder.request(), responder.settings().control,
                                             responder.control_state(), operators);
  if (planned) {
    responder.set_plan(std::move(*planned));
    co_return true;
  }
  co_await responder.decline(400, planned.error());
  co_return false;
}

// Waits as long as the plan says. False: there was no permit, and the client was told. The
// operator's delays need none: --max-connections bounds how many there are.
Task<bool> delay(Responder& responder) {
  if (responder.plan().is_asked) {
    bool acquired = co_await responder.acquire_permit();
    if (!acquired) co_return false;
  }
  if (responder.request().expects_continue) co_await responder.exchange().inform(100, {});
  co_await responder.pause(responder.plan().delay);
  responder.release_permit();  // not for as long as the body takes to come
  co_return true;
}

Task<> decline_path(Responder& responder) {
  const std::string text = fmt::format(
      "nothing is served at this path; the server answers below {} "
      "(--base-path)",
      responder.settings().policy->base_path);
  co_await responder.decline(404, text);
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
  const Approach approach = approach_to(responder, router);
  if (approach.match.endpoint == nullptr) {
    co_await decline_path(responder);
    co_return;
  }
  if (approach.needs_plan) {
    bool planned = co_await plan(responder, approach.operators);
    if (!planned) co_return;
  }
  if (responder.plan().delay > Duration::zero()) {
    bool delayed = co_await delay(responder);
    if (!delayed) co_return;
  } else if (request.expects_continue) {
    co_await responder.exchange().inform(100, {});
  }
  BodyEnd end = co_await approach.match.endpoint(responder, approach.match.argument);
  if (end == BodyEnd::kComplete) co_return;
  if (end == BodyEnd::kMalformed && !responder.begun()) {
    co_await responder.refuse(responder.exchange().refusal());
  } else {
    responder.cut();  // as the request was
  }
}

Task<Handshake> admit_handshake(Responder& responder) {
  const AnswerPolicy* policy = responder.settings().policy.get();
  if (policy == nullptr) co_return Handshake::kAccept;
  const std::string_view target = responder.request().target;
  const std::optional<std::string_view> path = policy->served_path(wire::split_target(target).path);
  if (!path) {
    co_await decline_path(responder);
    co_return Handshake::kAnswered;
  }
  const PlanDefaults operators{.defaults = policy->defaults_of(*path), .ask_client = false};
  if (operators.defaults == nullptr) co_return Handshake::kAccept;
  bool planned = co_await plan(responder, operators);
  ECHOD_CHECK(planned);
  co_await responder.pause(responder.plan().delay);
  const std::optional<int> status = responder.plan().status;
  if (status) {
    const FieldBuffer fields(responder.plan().fields.list());
    co_await responder.decline(
        *status, "no WebSocket: the server answers with this status (--answer-status)",
        fields.list());
    co_return Handshake::kAnswered;
  }
  // A client that has ended its side has nothing to say over a WebSocket.
  const bool ends = responder.plan().close || responder.exchange().client_ended();
  co_return ends ? Handshake::kAcceptAndClose : Handshake::kAccept;
}

}  // namespace echod::http
