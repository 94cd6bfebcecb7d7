// Serves HTTP/1.0 and HTTP/1.1 by a Router of endpoints, and WebSocket after its handshake.
#pragma once

#include <memory>
#include <utility>

#include "http/endpoints/routes.h"
#include "http/settings.h"
#include "protocol/handler.h"
#include "protocol/websocket/settings.h"
#include "wire/http1/request.h"

namespace echod {

struct Http1Settings : http::Settings {
  wire::HttpLimits limits;

  // Maximum time from a request's first byte to the end of its head. Then: 408.
  Duration head_timeout = std::chrono::seconds(10);

  // Maximum time from the end of a request's head to the end of its response: for its body, however
  // steadily that arrives, and the response. Then the connection is cut. Zero: no limit.
  Duration request_timeout = Duration::zero();

  // After an error response, how long to read and discard what the client still sends: unread bytes
  // would make the kernel reset the connection before the response arrives.
  Duration linger_timeout = std::chrono::seconds(5);

  WebSocketSettings websocket;
};

class Http1Handler final : public Handler {
 public:
  // `router` maps paths to endpoints, and must outlive the handler. `state` is shared by handlers
  // that follow each other in one server, when its settings change: they count together.
  explicit Http1Handler(
      const Http1Settings& settings, const http::Router& router = http::echo_router(),
      std::shared_ptr<http::ControlState> state = std::make_shared<http::ControlState>())
      : settings_(settings), router_(router), state_(std::move(state)) {}
  Task<> serve(Stream& peer, Session& session) const override;

 private:
  Http1Settings settings_;
  const http::Router& router_;
  std::shared_ptr<http::ControlState> state_;
};

}  // namespace echod
