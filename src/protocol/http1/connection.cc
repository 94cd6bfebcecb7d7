#include "protocol/http1/connection.h"

#include "http/respond.h"
#include "protocol/protocol.h"
#include "protocol/websocket/connection.h"
#include "stream/linger.h"

namespace echod {
namespace {

using wire::HttpVersion;
using Event = wire::RequestDecoder::Event;

// During a drain, how long an idle connection waits for a request in flight, and then for the
// client's FIN, so that late bytes do not reset the connection.
constexpr Duration kDrainGrace = std::chrono::milliseconds(100);

std::optional<wire::DeflatePolicy> policy_of(WebSocketCompression compression) {
  if (compression == WebSocketCompression::kOff) return std::nullopt;
  const bool alone = compression == WebSocketCompression::kMessage;
  return wire::DeflatePolicy{.server_no_context_takeover = alone,
                             .client_no_context_takeover = alone};
}

wire::WebSocketFields websocket_fields(wire::FieldList fields) {
  wire::WebSocketFields websocket;
  for (const wire::Field& field : fields) websocket.take(field.name, field.value());
  return websocket;
}

}  // namespace

Http1Connection::Http1Connection(Stream& peer, Session& session, const Http1Settings& settings,
                                 const http::Router& router, http::ControlState& state)
    : peer_(peer),
      session_(session),
      settings_(settings),
      router_(router),
      exchange_(peer, session, settings.limits),
      responder_(exchange_, session, settings, state),
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
    session_.requests.add(1);
    Task<> answering = head == Head::kRefused ? responder_.refuse(exchange_.refusal()) : answer();
    Result<void> outcome = co_await answering.observed();
    if (!outcome) responder_.cut();
    if (!upgraded_) {
      responder_.end_request();
      exchange_.end_request();
    }
    co_await std::move(outcome);
    // Pipelined requests are processed one after another, and share a time slice.
    if (exchange_.has_unread() && slice.over()) co_await slice.renew();
  }
  if (upgraded_) co_return;
  co_await output_.flush();
  exchange_.drop_unread();
  co_await finish_and_linger(peer_, session_, settings_.linger_timeout);
}

// Reads up to the end of a request's head.
Task<Http1Connection::Head> Http1Connection::read_head() {
  std::optional<DeadlineScope<Stream>>
      head_deadline;  // for a head that did not arrive in one piece
  Time head_begin;
  while (true) {
    Event event = exchange_.decode_head();
    if (event == Event::kHead) {
      Duration head_duration = Duration::zero();
      if (head_deadline) head_duration = session_.clock.now() - head_begin;
      exchange_.begin_request(head_duration);
      responder_.begin_request(true);
      co_return Head::kComplete;
    }
    if (event == Event::kError) {
      refuse_request(exchange_.decoder_refusal());
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
      refuse_request(
          {.status = 408, .rule = "the head was not complete in time (--header-timeout)"});
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

// The server drains. A request may be in flight on a connection that seems idle: one that arrives
// within kDrainGrace is served as the last. Returns whether bytes arrived.
Task<bool> Http1Connection::receive_last() {
  if (std::exchange(drained_, true)) co_return false;
  const DeadlineScope scope(peer_, session_.deadlines, session_.clock.now() + kDrainGrace);
  Result<bool> received = co_await exchange_.receive_more().observed();
  co_return received && *received;
}

void Http1Connection::refuse_request(const http::Refusal& refusal) {
  exchange_.begin_refused_request(refusal);
  responder_.begin_request(false);
}

// The rest of the connection belongs to WebSocket, where the handshake is right.
Task<> Http1Connection::upgrade(wire::WebSocketFields fields) {
  const http::Request& request = exchange_.request();
  http::Handshake handshake = http::Handshake::kAccept;
  if (settings_.policy != nullptr) handshake = co_await http::admit_handshake(responder_);
  if (handshake == http::Handshake::kAnswered) co_return;
  const auto acceptance = wire::accept_websocket(request.method, request.version, fields,
                                                 policy_of(settings_.websocket.compression));
  if (!acceptance) {
    http::Refusal refusal{.status = acceptance.error(),
                          .rule = "the WebSocket handshake is malformed"};
    http::FieldBuffer version;
    if (refusal.status == 426) {
      refusal.rule = "the WebSocket version is not 13";
      refusal.upgrade = "websocket";
      version.add("Sec-WebSocket-Version", wire::kWebSocketVersion);
      refusal.fields = version.list();
    }
    co_await responder_.refuse(refusal);
    co_return;
  }
  std::string text;
  wire::append_websocket_response(text, *acceptance, settings_.environment.field());
  co_await output_.write(text);
  co_await output_.flush();
  responder_.answered_with(101);
  if (handshake == http::Handshake::kAcceptAndClose) {
    exchange_.end_connection();
    co_return;
  }
  responder_.end_request();
  exchange_.end_request();
  session_.protocol = Protocol::kWebSocket;
  exchange_.end_connection();
  upgraded_ = true;
  WebSocketConnection connection(peer_, session_, settings_.websocket, acceptance->deflate,
                                 settings_.memory, settings_.linger_timeout);
  co_await connection.serve(exchange_.take_unread());
}

Task<> Http1Connection::answer() {
  const http::Request& request = exchange_.request();
  if (settings_.websocket.enabled && request.method == "GET" &&
      request.version == HttpVersion::kHttp11 && !request.has_body()) {
    wire::WebSocketFields fields = websocket_fields(request.fields);
    if (fields.wants_websocket()) return upgrade(std::move(fields));
  }
  if (settings_.request_timeout > Duration::zero()) return answer_in_time();
  return http::respond(responder_, router_);
}

Task<> Http1Connection::answer_in_time() {
  const DeadlineScope scope(peer_, session_.deadlines,
                            deadline_after(session_.clock.now(), settings_.request_timeout));
  co_await http::respond(responder_, router_);
}

}  // namespace echod
