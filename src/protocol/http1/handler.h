// Serves HTTP/1.0 and HTTP/1.1: a request's body is the response's, and a WebSocket handshake hands
// the connection over.
#pragma once

#include "http/endpoints/routes.h"
#include "http/settings.h"
#include "protocol/handler.h"
#include "protocol/websocket/settings.h"
#include "wire/http1/request.h"

namespace echod {

struct Http1Settings : http::Settings {
  wire::HttpLimits limits;

  // From a request's first byte to the end of its head, however slowly the bytes come. Then: 408.
  Duration head_timeout = std::chrono::seconds(10);

  // After a refusal, how long what the client still sends is taken in, so that its unread bytes do
  // not make the kernel reset the connection before the response arrives.
  Duration linger_timeout = std::chrono::seconds(5);

  WebSocketSettings websocket;
};

class Http1Handler final : public Handler {
 public:
  // `router`, which must outlive the handler, says which endpoint answers.
  explicit Http1Handler(const Http1Settings& settings,
                        const http::Router& router = http::echo_router())
      : settings_(settings), router_(router) {}
  Task<> serve(Stream& peer, Session& session) const override;

 private:
  Http1Settings settings_;
  const http::Router& router_;
  mutable http::ControlState state_;
};

}  // namespace echod
