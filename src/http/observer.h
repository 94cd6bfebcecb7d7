// An Observer is called once for each HTTP request, in order, when its response was sent or the
// connection was cut. The access log is one (http::Settings::observer). A WebSocket's 101 is
// reported when it is sent, not at the end of the WebSocket.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "wire/http/request_head.h"

namespace echod {
struct Session;
}

namespace echod::http {

// A request and its response, once the response was given to the stream. The views are valid during
// the call.
struct ExchangeFacts {
  // The request as far as it was parsed; without a method if it was rejected before the end of its
  // request line.
  wire::RequestHead request = {};
  int status = 0;                   // of the response; 0: the connection was cut before one began
  uint64_t request_body_size = 0;   // bytes, without framing
  uint64_t response_body_size = 0;  // bytes, without framing, after content coding
  Duration duration = {};           // from the head's end to the response's end
  bool complete = true;             // false: the response was cut
  std::string_view refusal = {};    // which rule the request broke; empty: none
};

class Observer {
 public:
  virtual ~Observer() = default;

  // Called on the connection's thread; must not block.
  virtual void answered(const Session& session, const ExchangeFacts& facts) = 0;
};

}  // namespace echod::http
