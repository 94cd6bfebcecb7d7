// Whoever wants to know of each HTTP request and its answer, such as an access log: named in
// HttpSettings::observer, told by the handler once for each request that was answered, refused or
// cut, in their order. A WebSocket's 101 is told when it is given, not at the WebSocket's end.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace echod {

struct Session;

// What is known of a request and its answer when the answer has been given to the stream. The views
// hold during the call.
struct HttpExchangeFacts {
  std::string_view head_bytes = {};  // the request's head as far as it was understood; empty where
                                     // it was refused before its end
  std::string_view method = {}, target = {};  // empty likewise
  int status = 0;                   // of the answer; 0: the connection was cut before one began
  uint64_t request_body_size = 0;   // bytes, without framing
  uint64_t response_body_size = 0;  // bytes, without framing, after content coding
  Duration duration = {};           // from the head's end to the answer's end
  bool complete = true;             // false: the answer was cut
  std::string_view refusal = {};    // which rule the request broke; empty: it was not refused
};

class HttpObserver {
 public:
  virtual ~HttpObserver() = default;

  // On the connection's thread; must not wait.
  virtual void answered(const Session& session, const HttpExchangeFacts& facts) = 0;
};

}  // namespace echod
