// One HTTP/1 connection: requests are answered one after another by the endpoints that
// http_routes.h names, what is no request is refused, and a WebSocket handshake hands the
// connection over.
#pragma once

#include "protocol/handler.h"
#include "protocol/http1_exchange.h"
#include "protocol/http_routes.h"
#include "stream/session.h"
#include "stream/stream.h"
#include "wire/websocket/handshake.h"

namespace echod {

class Http1Connection {
 public:
  // Everything given must outlive the connection.
  Http1Connection(Stream& peer, Session& session, const HttpSettings& settings,
                  ControlState& state);

  // Serves until the client or one of its requests ends the connection.
  Task<> serve();

 private:
  enum class Head : uint8_t { kComplete, kRefused, kNone };  // kNone: the client is done
  using Event = Http1Exchange::Event;

  Task<Head> read_head();
  Task<> answer();
  Task<bool> plan();
  Task<BodyEnd> answer_on(HttpRoute route);
  Task<> upgrade(const wire::WebSocketFields& fields);
  Task<> refuse(wire::Http1Refusal refusal, uint64_t at = 0, bool silent = false);
  Task<bool> receive_last();
  bool refused_method() const;
  void compose_refusal(int status, std::string_view why, bool silent);

  Stream& peer_;
  Session& session_;
  const HttpSettings& settings_;
  Http1Exchange exchange_;
  BufferedWriter& output_;      // the exchange's
  wire::Http1Refusal refusal_;  // of a request that is refused
  bool drained_ = false;        // the server drains
  bool upgraded_ = false;       // it is over, and was a WebSocket at its end
};

}  // namespace echod
