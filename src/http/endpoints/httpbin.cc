#include "http/endpoints/httpbin.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "http/endpoints/httpbin_json.h"
#include "wire/http/syntax.h"

namespace echod::http {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";

Task<BodyEnd> answer_anything_after(Responder& responder, Duration delay) {
  Responder::KeptBody body(responder.settings());
  BodyEnd end = co_await responder.keep_body(body, kShownBodySizeMax);
  if (end != BodyEnd::kComplete) co_return end;
  if (body.state == Responder::KeptBody::State::kTooLarge) {
    const std::string problem = fmt::format(
        "/anything shows bodies of up to {} bytes; /reflect reports the size of any body, and "
        "other "
        "paths echo it",
        kShownBodySizeMax);
    end = co_await responder.decline(413, problem);
    co_return end;
  }
  if (body.state == Responder::KeptBody::State::kNoMemory) {
    end = co_await responder.decline_for_memory();
    co_return end;
  }
  const AnythingRequest request{.responder = responder, .body = body.bytes};
  if (!anything_fits(request)) {
    const std::string problem =
        fmt::format("/anything lists up to {} query or form arguments", kListedArgumentsMax);
    end = co_await responder.decline(413, problem);
    co_return end;
  }
  if (delay > Duration::zero()) {
    bool taken = co_await responder.acquire_permit();
    if (!taken) co_return BodyEnd::kComplete;
    co_await responder.pause(delay);
  }
  Response response{.content_type = kJson};
  Document document(responder, response);
  co_await write_anything(document, request);
  co_await document.end();
  co_return BodyEnd::kComplete;
}

struct WeightedStatus {
  int status;
  double weight;
};

std::expected<std::vector<WeightedStatus>, std::string> read_weighted(std::string_view text) {
  std::vector<WeightedStatus> choices;
  while (!text.empty() || choices.empty()) {
    const std::string_view member = wire::trim(wire::consume_member(text));
    const size_t colon = std::min(member.find(':'), member.size());
    const auto status = read_status("status", member.substr(0, colon));
    if (!status) return std::unexpected(status.error());
    double weight = 1;
    if (colon < member.size()) {
      const std::string_view number = member.substr(colon + 1);
      const auto [end, error] =
          std::from_chars(number.data(), number.data() + number.size(), weight);
      const bool whole = error == std::errc() && end == number.data() + number.size();
      if (!whole || !(weight >= 0) || !std::isfinite(weight)) {
        return std::unexpected("status: expected a weight of 0 or more");
      }
    }
    choices.push_back({*status, weight});
  }
  return choices;
}

// Draws one of them, and adds the headers that make the draw repeatable.
int choose(const std::vector<WeightedStatus>& choices, Responder& responder, FieldBuffer& fields) {
  if (choices.size() == 1) return choices.front().status;
  Draw draw(responder.settings().control.seed, responder.control_state());
  double sum = 0;
  for (const WeightedStatus& choice : choices) sum += choice.weight;
  double drawn = draw.uniform() * sum;
  draw.add_fields(fields);
  for (const WeightedStatus& choice : choices) {
    if (drawn < choice.weight) return choice.status;
    drawn -= choice.weight;
  }
  return choices.front().status;  // all weights are 0
}

// Whether `url` is an allowed redirect target: see answer_redirect().
bool is_allowed_target(std::string_view url, const std::vector<std::string>& hosts) {
  const bool visible = !url.empty() && wire::all_in_class(url, wire::CharClass::kTarget) &&
                       std::ranges::all_of(url, [](char c) { return c >= 0; });
  if (!visible || url.find('\\') != std::string_view::npos) return false;
  if (url.front() == '/') return !url.starts_with("//");
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!wire::equals_ignoring_case(url.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = url.substr(scheme.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const std::string_view host = authority.substr(0, authority.rfind(':'));
    if (!wire::is_host(authority)) return false;
    return std::ranges::any_of(hosts, [=](const std::string& allowed) {
      return wire::equals_ignoring_case(allowed, authority) ||
             wire::equals_ignoring_case(allowed, host);
    });
  }
  return false;
}

}  // namespace

Task<BodyEnd> answer_anything(Responder& responder, std::string_view) {
  BodyEnd end = co_await answer_anything_after(responder, Duration::zero());
  co_return end;
}

Task<BodyEnd> answer_delay(Responder& responder, std::string_view argument) {
  const auto delay = read_duration("delay", argument, limits_of(responder.settings().control));
  BodyEnd end = BodyEnd::kComplete;
  if (delay) {
    end = co_await answer_anything_after(responder, *delay);
  } else {
    end = co_await responder.decline(400, delay.error());
  }
  co_return end;
}

Task<BodyEnd> answer_headers(Responder& responder, std::string_view) {
  BodyEnd end = co_await responder.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  Response response{.content_type = kJson};
  Document document(responder, response);
  co_await write_headers(document, responder.request().fields);
  co_await document.end();
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> answer_env(Responder& responder, std::string_view) {
  BodyEnd end = co_await responder.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  Response response{.content_type = kJson};
  Document document(responder, response);
  co_await write_env(document, responder.settings().environment);
  co_await document.end();
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> answer_ip(Responder& responder, std::string_view) {
  BodyEnd end = co_await responder.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  Response response{.content_type = kJson};
  Document document(responder, response);
  co_await write_origin(document, responder.session());
  co_await document.end();
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> answer_status(Responder& responder, std::string_view argument) {
  const auto choices = read_weighted(argument);
  BodyEnd end = BodyEnd::kComplete;
  if (!choices) {
    end = co_await responder.decline(400, choices.error());
    co_return end;
  }
  end = co_await responder.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  FieldBuffer fields;
  const int status = choose(*choices, responder, fields);
  const Response response{.status = status, .fields = fields.list(), .cacheable = fields.empty()};
  co_await responder.answer(response, "");
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> answer_redirect(Responder& responder, std::string_view) {
  const ControlSettings& settings = responder.settings().control;
  const std::string_view query = wire::split_target(responder.request().target).query;
  const std::string url = wire::query_argument(query, "url").value_or("");
  const auto status =
      read_status("status_code", wire::query_argument(query, "status_code").value_or("302"));
  BodyEnd end = BodyEnd::kComplete;
  if (!status || *status < 300 || *status > 399) {
    end = co_await responder.decline(400, "status_code: expected a status from 300 to 399");
    co_return end;
  }
  if (!is_allowed_target(url, settings.redirect_hosts)) {
    end = co_await responder.decline(
        403,
        "url: must be a path of this server (\"/...\") or a host allowed with --allow-redirect");
    co_return end;
  }
  end = co_await responder.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  FieldBuffer fields;
  fields.add("Location", url);
  const Response response{.status = *status, .fields = fields.list(), .cacheable = true};
  co_await responder.answer(response, "");
  co_return BodyEnd::kComplete;
}

}  // namespace echod::http
