#include "protocol/httpbin.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "protocol/httpbin_json.h"
#include "wire/http1/syntax.h"

namespace echod {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";

Task<BodyEnd> answer_anything_after(Http1Exchange& exchange, Duration delay) {
  Http1Exchange::KeptBody body(exchange.settings());
  BodyEnd end = co_await exchange.keep_body(body, kShownBodySizeMax);
  if (end != BodyEnd::kComplete) co_return end;
  if (body.state == Http1Exchange::KeptBody::State::kTooLarge) {
    const std::string problem = fmt::format(
        "/anything shows bodies of at most {} bytes; /reflect tells the size of any, and other "
        "paths echo them",
        kShownBodySizeMax);
    end = co_await exchange.decline(413, problem);
    co_return end;
  }
  if (body.state == Http1Exchange::KeptBody::State::kNoMemory) {
    end = co_await exchange.decline_for_memory();
    co_return end;
  }
  const AnythingRequest request{.exchange = exchange, .body = body.bytes};
  if (!anything_fits(request)) {
    const std::string problem =
        fmt::format("/anything lists at most {} arguments of a query or form", kListedArgumentsMax);
    end = co_await exchange.decline(413, problem);
    co_return end;
  }
  if (delay > Duration::zero()) {
    bool taken = co_await exchange.take_place();
    if (!taken) co_return BodyEnd::kComplete;
    co_await exchange.pause(delay);
  }
  HttpResponseHead response{.content_type = kJson};
  HttpDocument document(exchange, response);
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
        return std::unexpected("status: a weight is a number from 0");
      }
    }
    choices.push_back({*status, weight});
  }
  return choices;
}

// One of them, and the fields that say how it was drawn.
int choose(const std::vector<WeightedStatus>& choices, Http1Exchange& exchange,
           std::string& fields) {
  if (choices.size() == 1) return choices.front().status;
  Draw draw(exchange.settings().control.seed, exchange.control_state());
  double sum = 0;
  for (const WeightedStatus& choice : choices) sum += choice.weight;
  double drawn = draw.uniform() * sum;
  draw.append_fields(fields);
  for (const WeightedStatus& choice : choices) {
    if (drawn < choice.weight) return choice.status;
    drawn -= choice.weight;
  }
  return choices.front().status;  // all weights are 0
}

// Whether `url` leads where it may: see answer_redirect().
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

Task<BodyEnd> answer_anything(Http1Exchange& exchange, std::string_view) {
  BodyEnd end = co_await answer_anything_after(exchange, Duration::zero());
  co_return end;
}

Task<BodyEnd> answer_delay(Http1Exchange& exchange, std::string_view argument) {
  const auto delay = read_duration("delay", argument, exchange.settings().control);
  BodyEnd end = BodyEnd::kComplete;
  if (delay) {
    end = co_await answer_anything_after(exchange, *delay);
  } else {
    end = co_await exchange.decline(400, delay.error());
  }
  co_return end;
}

Task<BodyEnd> answer_headers(Http1Exchange& exchange, std::string_view) {
  BodyEnd end = co_await exchange.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  HttpResponseHead response{.content_type = kJson};
  HttpDocument document(exchange, response);
  co_await write_headers(document, exchange.head_bytes());
  co_await document.end();
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> answer_ip(Http1Exchange& exchange, std::string_view) {
  BodyEnd end = co_await exchange.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  HttpResponseHead response{.content_type = kJson};
  HttpDocument document(exchange, response);
  co_await write_origin(document, exchange.session());
  co_await document.end();
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> answer_status(Http1Exchange& exchange, std::string_view argument) {
  const auto choices = read_weighted(argument);
  BodyEnd end = BodyEnd::kComplete;
  if (!choices) {
    end = co_await exchange.decline(400, choices.error());
    co_return end;
  }
  end = co_await exchange.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  std::string fields;
  const int status = choose(*choices, exchange, fields);
  HttpResponseHead response{.status = status, .content_type = "", .cacheable = fields.empty()};
  response.fields = fields;
  co_await exchange.answer(response, "");
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> answer_redirect(Http1Exchange& exchange, std::string_view) {
  const ControlSettings& settings = exchange.settings().control;
  const std::string_view query = wire::split_target(exchange.head().target).query;
  const std::string url = wire::query_argument(query, "url").value_or("");
  const auto status =
      read_status("status_code", wire::query_argument(query, "status_code").value_or("302"));
  BodyEnd end = BodyEnd::kComplete;
  if (!status || *status < 300 || *status > 399) {
    end = co_await exchange.decline(400, "status_code: write a status from 300 to 399");
    co_return end;
  }
  if (!is_allowed_target(url, settings.redirect_hosts)) {
    end = co_await exchange.decline(
        403,
        "url: only to a path of this server (\"/...\"), or to a host that --allow-redirect "
        "names");
    co_return end;
  }
  end = co_await exchange.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  std::string fields;
  wire::append_field(fields, "Location", url);
  HttpResponseHead response{.status = *status, .content_type = "", .cacheable = true};
  response.fields = fields;
  co_await exchange.answer(response, "");
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> answer_health(Http1Exchange& exchange, std::string_view) {
  BodyEnd end = co_await exchange.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  const HttpResponseHead response{.content_type = "text/plain; charset=utf-8"};
  co_await exchange.answer(response, "ok\n");
  co_return BodyEnd::kComplete;
}

}  // namespace echod
