// An Observer is told once of each HTTP request when it has been answered, refused or cut, in their
// order: an access log is one (http::Settings::observer). A WebSocket's 101 is told when it is
// given, not at the WebSocket's end.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "wire/http/request_head.h"

namespace echod {
struct Session;
}

namespace echod::http {

// What is known of a request and its response when the response has been given to the stream. The
// views hold during the call.
struct ExchangeFacts {
  // The request as far as it was understood: without a method where it was refused before the end
  // of its head.
  wire::RequestHead request = {};
  int status = 0;                   // of the response; 0: the connection was cut before one began
  uint64_t request_body_size = 0;   // bytes, without framing
  uint64_t response_body_size = 0;  // bytes, without framing, after content coding
  Duration duration = {};           // from the head's end to the response's end
  bool complete = true;             // false: the response was cut
  std::string_view refusal = {};    // which rule the request broke; empty: it was not refused
};

class Observer {
 public:
  virtual ~Observer() = default;

  // On the connection's thread; must not wait.
  virtual void answered(const Session& session, const ExchangeFacts& facts) = 0;
};

}  // namespace echod::http
