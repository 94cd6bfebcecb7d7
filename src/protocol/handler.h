// A Handler answers: it is given a connection's stream and serves it to its end. One handler object
// serves all connections of a listener, on several threads at once, so it holds only settings.
#pragma once

#include "stream/session.h"
#include "stream/stream.h"
#include "wire/http1.h"

namespace echod {

class Handler {
 public:
  virtual ~Handler() = default;

  // Ends when the connection's business is done, or fails with what cut it short. Handlers do not
  // log: whoever awaits this task looks at the outcome.
  virtual Task<> serve(Stream& peer, Session& session) const = 0;
};

struct HttpSettings {
  wire::HttpLimits limits;

  // From a request's first byte to the end of its head, however slowly the bytes come. Then: 408.
  Duration head_timeout = std::chrono::seconds(10);

  // After a refusal, how long what the client still sends is taken in, so that its unread bytes do
  // not make the kernel reset the connection before the answer arrives.
  Duration linger_timeout = std::chrono::seconds(5);
};

// Everything back as it came.
class RawHandler final : public Handler {
 public:
  Task<> serve(Stream& peer, Session& session) const override;
};

// HTTP/1.0 and HTTP/1.1: a request's body is the response's.
class Http1Handler final : public Handler {
 public:
  explicit Http1Handler(const HttpSettings& settings) : settings_(settings) {}
  Task<> serve(Stream& peer, Session& session) const override;

 private:
  HttpSettings settings_;
};

}  // namespace echod
