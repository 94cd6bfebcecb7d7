// One HTTP/1 connection: responds to requests one after another, rejects malformed ones, and hands
// the connection to a WebSocketConnection after a handshake.
#pragma once

#include <optional>

#include "http/responder.h"
#include "protocol/http1/exchange.h"
#include "protocol/http1/handler.h"
#include "stream/session.h"
#include "stream/stream.h"
#include "wire/websocket/handshake.h"

namespace echod {

class Http1Connection {
 public:
  // All arguments must outlive the connection.
  Http1Connection(Stream& peer, Session& session, const Http1Settings& settings,
                  const http::Router& router, http::ControlState& state);

  // Serves until the client or one of its requests ends the connection.
  Task<> serve();

 private:
  // What is there of the next request's head.
  enum class Head : uint8_t { kNone, kPart, kComplete, kRefused };

  Head decode_head(std::optional<Time> begin);
  Task<Head> read_rest_of_head();
  Task<> end();
  Task<> answer();
  Task<> answer_in_time();
  Task<> upgrade(wire::WebSocketFields fields);
  Task<bool> receive_last(Error error);
  void refuse_request(const http::Refusal& refusal);

  Stream& peer_;
  Session& session_;
  const Http1Settings& settings_;
  const http::Router& router_;
  Http1Exchange exchange_;
  http::Responder responder_;
  BufferedWriter& output_;  // the exchange's
  bool drained_ = false;    // the server is draining
  bool upgraded_ = false;   // the connection became a WebSocket, and has ended
};

}  // namespace echod
