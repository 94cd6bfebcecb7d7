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

// One frame for what every request waits for: the receive, and the response.
Task<> Http1Connection::serve() {
  TimeSlice slice(session_.clock);
  while (exchange_.keep_alive()) {
    Head head = decode_head(std::nullopt);
    if (head == Head::kNone) {
      // Between two requests: no buffer is held.
      co_await output_.flush();
      exchange_.drop_input();
      bool more = false;
      if (!exchange_.client_ended()) {
        session_.ends_on_drain = true;
        Result<Chunk> received = co_await peer_.receive().observed();
        session_.ends_on_drain = false;
        if (received) {
          more = exchange_.take_input(std::move(*received));
        } else {
          more = co_await receive_last(received.error());
        }
      }
      if (more) continue;
    }
    if (head == Head::kPart) head = co_await read_rest_of_head();
    if (head == Head::kNone) {
      co_await end();
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
    if (!outcome) co_await failed(outcome.error());
    // Pipelined requests are processed one after another, and share a time slice.
    if (exchange_.has_unread() && slice.over()) co_await slice.renew();
  }
  if (upgraded_) co_return;
  co_await output_.flush();
  exchange_.drop_input();
  co_await finish_and_linger(peer_, session_, settings_.linger_timeout);
}

// The client finished sending, or the server drains.
Task<> Http1Connection::end() {
  co_await output_.flush();
  if (drained_) {
    co_await finish_and_linger(peer_, session_, kDrainGrace);
  } else {
    co_await peer_.finish_sending();
  }
}

// Decodes what was received. A head that is complete, or refused, begins a request. `begin`: when
// the head began, if it did not arrive in one piece.
Http1Connection::Head Http1Connection::decode_head(std::optional<Time> begin) {
  switch (exchange_.decode_head()) {
    case Event::kHead: {
      const Duration duration = begin ? session_.clock.now() - *begin : Duration::zero();
      exchange_.begin_request(duration);
      responder_.begin_request(true);
      return Head::kComplete;
    }
    case Event::kNeedInput:
      return exchange_.decoder().in_request() ? Head::kPart : Head::kNone;
    default:
      refuse_request(exchange_.decoder_refusal());
      return Head::kRefused;
  }
}

// Of a head that did not arrive in one piece.
Task<Http1Connection::Head> Http1Connection::read_rest_of_head() {
  co_await output_.flush();
  const Time begin = session_.clock.now();
  const DeadlineScope head_deadline(peer_, session_.deadlines,
                                    deadline_after(begin, settings_.head_timeout));
  Head head = Head::kPart;
  while (head == Head::kPart) {
    Result<bool> received = co_await exchange_.receive_more().observed();
    if (received) {
      head = *received ? decode_head(begin) : Head::kNone;
    } else if (received.error().code == Errc::kTimeout) {
      refuse_request(
          {.status = 408, .rule = "the head was not complete in time (--header-timeout)"});
      head = Head::kRefused;
    } else {
      bool more = co_await receive_last(received.error());
      head = more ? decode_head(begin) : Head::kNone;
    }
  }
  co_return head;
}

// A receive ended with `error`; fails with it unless the server drains. Then a request may be in
// flight on a connection that seems idle: one that arrives within kDrainGrace is served as the
// last. Returns whether bytes arrived.
Task<bool> Http1Connection::receive_last(Error error) {
  if (error.code != Errc::kDrained) co_await failed(error);
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
  if (settings_.websocket.enabled && request.upgrade_offered && request.method == "GET" &&
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
