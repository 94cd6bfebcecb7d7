// A Handler answers: it is given a connection's stream and serves it to its end. One handler object
// serves all connections of a listener, on several threads at once, so it holds only settings, and
// what has one limit for all of them.
#pragma once

#include <cstdint>

#include "base/memory_budget.h"
#include "protocol/http_observer.h"
#include "protocol/response_control.h"
#include "stream/session.h"
#include "stream/stream.h"
#include "wire/http1/request.h"

namespace echod {

class Handler {
 public:
  virtual ~Handler() = default;

  // Ends when the connection's business is done, or fails with what cut it short. Handlers do not
  // log: whoever awaits this task looks at the outcome.
  virtual Task<> serve(Stream& peer, Session& session) const = 0;
};

// What is agreed on where a client offers permessage-deflate.
enum class WebSocketCompression : uint8_t {
  kMessage,  // no message refers to another: they come back byte for byte, and hold no memory
             // between
  kContext,  // what the client wants: a message may refer to earlier ones, and is compressed anew
  kOff,      // nothing: it is declined
};

struct WebSocketSettings {
  // Of a message, and of each of its frames, in bytes, and again of what it inflates to. Then:
  // 1009.
  uint64_t message_size_max = uint64_t{64} << 20;

  // How many times its compressed size a message of more than inflate_ratio_floor bytes may inflate
  // to, 0 for any. Then: 1009.
  uint32_t inflate_ratio_max = 200;
  uint64_t inflate_ratio_floor = uint64_t{16} << 20;

  WebSocketCompression compression = WebSocketCompression::kMessage;

  // After so long without a sign of the client it is sent a ping, and after as long again it is
  // given up. 0: never.
  Duration ping_interval = Duration::zero();
};

struct HttpSettings {
  wire::HttpLimits limits;

  // From a request's first byte to the end of its head, however slowly the bytes come. Then: 408.
  Duration head_timeout = std::chrono::seconds(10);

  // After a refusal, how long what the client still sends is taken in, so that its unread bytes do
  // not make the kernel reset the connection before the answer arrives.
  Duration linger_timeout = std::chrono::seconds(5);

  WebSocketSettings websocket;
  ControlSettings control;

  // Told of each request; null: nobody is. Must outlive the handler.
  HttpObserver* observer = nullptr;

  // Limits what requests make the server keep beyond their connections' buffers; null: nothing
  // does. Must outlive the handler.
  MemoryBudget* memory = nullptr;
};

// Everything back as it came.
class RawHandler final : public Handler {
 public:
  Task<> serve(Stream& peer, Session& session) const override;
};

// HTTP/1.0 and HTTP/1.1: a request's body is the response's; http_routes.h has what else there is.
class Http1Handler final : public Handler {
 public:
  explicit Http1Handler(const HttpSettings& settings) : settings_(settings) {}
  Task<> serve(Stream& peer, Session& session) const override;

 private:
  HttpSettings settings_;
  mutable ControlState state_;
};

}  // namespace echod
