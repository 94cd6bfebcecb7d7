#include "protocol/http1/connection.h"

#include <fmt/format.h>

#include "protocol/http_date.h"
#include "protocol/http_routes.h"
#include "protocol/protocol.h"
#include "protocol/websocket/connection.h"
#include "stream/linger.h"
#include "wire/http/field_list.h"
#include "wire/http/target.h"

namespace echod {
namespace {

using wire::BodyFraming;
using wire::HttpVersion;
using Event = wire::RequestDecoder::Event;

// Bytes of a head that are kept without the memory budget.
constexpr size_t kFreeHeadSize = 8 * 1024;

// How long an idle connection of a server that drains waits for a request on its way, and then for
// its client's end, so that what it still sends does not reset it.
constexpr Duration kDrainGrace = std::chrono::milliseconds(100);

std::optional<wire::DeflatePolicy> policy_of(WebSocketCompression compression) {
  if (compression == WebSocketCompression::kOff) return std::nullopt;
  const bool alone = compression == WebSocketCompression::kMessage;
  return wire::DeflatePolicy{.server_no_context_takeover = alone,
                             .client_no_context_takeover = alone};
}

wire::WebSocketFields websocket_fields(std::string_view head_bytes) {
  wire::WebSocketFields fields;
  for (const wire::Field& line : wire::fields_of(head_bytes)) {
    fields.take(line.name, line.value());
  }
  return fields;
}

}  // namespace

Http1Connection::Http1Connection(Stream& peer, Session& session, const HttpSettings& settings,
                                 ControlState& state)
    : peer_(peer),
      session_(session),
      settings_(settings),
      exchange_(peer, session, settings, state),
      output_(exchange_.output()) {}

Task<> Http1Connection::serve() {
  TimeSlice slice(session_.clock);
  while (exchange_.keep_alive()) {
    Head head = co_await read_head();
    if (head == Head::kNone) {
      co_await output_.flush();
      if (drained_) {
        co_await finish_and_linger(peer_, session_, kDrainGrace);
      } else {
        co_await peer_.finish_sending();
      }
      co_return;
    }
    ++session_.requests;
    const bool to_head = head == Head::kRefused && exchange_.decoder().begun_method() == "HEAD";
    const bool late = refusal_.status == 408;
    const uint64_t at = head == Head::kRefused && !late ? exchange_.decoder().refused_at() : 0;
    Task<> answering = head == Head::kRefused ? refuse(refusal_, at, to_head) : answer();
    Result<void> outcome = co_await answering.observed();
    if (!outcome) exchange_.cut();
    if (!upgraded_) exchange_.end_request();
    co_await std::move(outcome);
    // Requests that came together are answered one after another, and take their time together.
    if (!exchange_.unread().empty() && slice.over()) co_await slice.renew();
  }
  if (upgraded_) co_return;
  co_await output_.flush();
  exchange_.drop_unread();
  co_await finish_and_linger(peer_, session_, settings_.linger_timeout);
}

// Reads up to the end of a request's head.
Task<Http1Connection::Head> Http1Connection::read_head() {
  std::optional<DeadlineScope<Stream>> head_deadline;  // of a head that did not come in one piece
  Time head_begin;
  while (true) {
    Event event = exchange_.decode();
    if (event == Event::kHead) {
      Duration head_duration = Duration::zero();
      if (head_deadline) head_duration = session_.clock.now() - head_begin;
      exchange_.begin_request(head_duration);
      co_return Head::kComplete;
    }
    if (event == Event::kError) {
      exchange_.begin_refused_request();
      refusal_ = exchange_.decoder().refusal();
      co_return Head::kRefused;
    }
    ECHOD_CHECK(event == Event::kNeedInput);
    co_await output_.flush();
    bool begun = exchange_.decoder().in_request();
    if (begun && !head_deadline) {
      head_begin = session_.clock.now();
      head_deadline.emplace(peer_, session_.deadlines,
                            deadline_after(head_begin, settings_.head_timeout));
    }
    session_.ends_on_drain = !begun;
    Result<bool> received = co_await exchange_.receive_more().observed();
    session_.ends_on_drain = false;
    if (!received && begun && received.error().code == Errc::kTimeout) {
      exchange_.begin_refused_request();
      refusal_ = {408, "the head was not complete in time (--header-timeout)"};
      co_return Head::kRefused;
    }
    if (!received && received.error().code == Errc::kDrained) {
      bool more = co_await receive_last();
      if (!more) co_return Head::kNone;
      continue;
    }
    bool more = co_await std::move(received);
    if (!more) co_return Head::kNone;
  }
}

// The server drains. A request may be on its way on a connection that seems idle: one that comes
// within a moment is answered, as the last. Returns whether something came.
Task<bool> Http1Connection::receive_last() {
  if (std::exchange(drained_, true)) co_return false;
  const DeadlineScope scope(peer_, session_.deadlines, session_.clock.now() + kDrainGrace);
  Result<bool> received = co_await exchange_.receive_more().observed();
  co_return received && *received;
}

// A response to TRACE would show a script what the browser hides from it, and one to CONNECT would
// promise a tunnel.
bool Http1Connection::refused_method() const {
  std::string_view method = exchange_.head().method;
  return method == "TRACE" || method == "CONNECT";
}

// The rest of the connection belongs to WebSocket, where the handshake is right.
Task<> Http1Connection::upgrade(const wire::WebSocketFields& fields) {
  const wire::RequestHead& head = exchange_.head();
  const auto acceptance = wire::accept_websocket(head.method, head.version, fields,
                                                 policy_of(settings_.websocket.compression));
  if (!acceptance) {
    const bool version = acceptance.error() == 426;
    co_await refuse({acceptance.error(), version ? "the WebSocket version is not 13"
                                                 : "the WebSocket handshake is malformed"});
    co_return;
  }
  std::string& text = exchange_.scratch();
  text.clear();
  wire::append_websocket_answer(text, *acceptance);
  co_await output_.write(text);
  co_await output_.flush();
  exchange_.answered_with(101, 0);
  exchange_.end_request();
  session_.protocol = Protocol::kWebSocket;
  exchange_.end_connection();
  upgraded_ = true;
  WebSocketConnection connection(peer_, session_, settings_, acceptance->deflate);
  co_await connection.serve(exchange_.take_unread());
}

Task<> Http1Connection::answer() {
  const wire::RequestHead& head = exchange_.head();
  if (refused_method()) {
    co_await refuse({405, "TRACE and CONNECT are not served"});
    co_return;
  }
  const bool may_upgrade = head.method == "GET" && head.version == HttpVersion::kHttp11 &&
                           head.framing != BodyFraming::kChunked && head.content_length == 0;
  if (may_upgrade) {
    const wire::WebSocketFields fields = websocket_fields(exchange_.head_bytes());
    if (fields.wants_websocket()) {
      co_await upgrade(fields);
      co_return;
    }
  }
  // A large head is kept until it is answered, for as long as its client takes.
  MemoryLease head_lease(settings_.memory);
  const size_t head_size = exchange_.head_bytes().size();
  if (head_size > kFreeHeadSize && !head_lease.grow_to(2 * head_size)) {
    co_await exchange_.decline_for_memory();
    co_return;
  }
  const HttpRoute route = route_of(wire::split_target(head.target).path);
  BodyEnd end = BodyEnd::kComplete;
  bool planned = co_await plan();
  if (planned) end = co_await answer_on(route);
  if (end == BodyEnd::kRefused) {
    const wire::RequestDecoder& decoder = exchange_.decoder();
    co_await refuse(decoder.refusal(), decoder.refused_at(), exchange_.head().method == "HEAD");
  } else if (end == BodyEnd::kCut) {
    exchange_.cut();  // as the request was
  }
}

// Looks at what the client wants its answer to be. Returns whether that can be: if not, it was told
// so.
Task<bool> Http1Connection::plan() {
  if (!settings_.control.enabled || !asks_for_control(exchange_.head())) co_return true;
  std::expected<ResponsePlan, std::string> planned = plan_response(
      exchange_.head(), exchange_.head_bytes(), settings_.control, exchange_.control_state());
  if (planned) {
    exchange_.set_plan(std::move(*planned));
    co_return true;
  }
  co_await exchange_.decline(400, planned.error());
  co_return false;
}

Task<BodyEnd> Http1Connection::answer_on(HttpRoute route) {
  BodyEnd end = BodyEnd::kComplete;
  const Duration delay = exchange_.plan().delay;
  if (delay > Duration::zero()) {
    bool taken = co_await exchange_.take_place();
    if (!taken) co_return end;
  }
  if (exchange_.head().expects_continue && exchange_.unread().empty()) {
    co_await output_.write(wire::kContinueResponse);
    co_await output_.flush();
  }
  if (delay > Duration::zero()) co_await exchange_.pause(delay);
  exchange_.give_back_place();  // not for as long as the body takes to come
  end = co_await route.endpoint(exchange_, route.argument);
  co_return end;
}

// Answers with an error, the last answer on this connection: after a request that was not
// understood, nothing that follows can be trusted to be one.
Task<> Http1Connection::refuse(wire::Http1Refusal refusal, uint64_t at, bool silent) {
  exchange_.end_connection();
  exchange_.refused_because(refusal.rule());
  std::string why(refusal.rule());
  if (at > 0) why += fmt::format(", at byte {} of the request", at);
  session_.report_refused(refusal.status, why);
  compose_refusal(refusal.status, why, silent);
  co_await output_.write(exchange_.scratch());
}

void Http1Connection::compose_refusal(int status, std::string_view why, bool silent) {
  std::string status_line;
  wire::append_status_line(status_line, status);
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  // "400 Bad Request\r\nthere is no Host header, at byte 19 of the request\r\n"
  const std::string body = fmt::format("{}{}\r\n", status_line.substr(kVersion.size()), why);
  std::string& text = exchange_.scratch();
  text = status_line;
  wire::append_field(text, "Date", http_date_now());
  wire::append_field(text, "Content-Type", "text/plain");
  wire::append_field(text, "X-Content-Type-Options", "nosniff");
  wire::append_field(text, "Content-Security-Policy", kSandboxPolicy);
  wire::append_field(text, "Cache-Control", "no-store");
  wire::append_field(text, "Content-Length", fmt::format_int(body.size()).c_str());
  if (status == 405) {
    wire::append_field(text, "Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
  }
  if (status == 426) {
    wire::append_field(text, "Upgrade", "websocket");
    wire::append_field(text, "Sec-WebSocket-Version", wire::kWebSocketVersion);
  }
  // A field that is for the next hop alone is named there (RFC 9110 section 7.6.1).
  wire::append_field(text, "Connection", status == 426 ? "close, Upgrade" : "close");
  text += "\r\n";
  if (!silent) text += body;
  exchange_.answered_with(status, silent ? 0 : body.size());
}

}  // namespace echod
