// One HTTP/1 connection: requests are answered one after another. What with is chosen by answer_to:
// nearly always a request's own body, streamed as it comes, or its reflection where it has none.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "protocol/gathered_output.h"
#include "protocol/handler.h"
#include "protocol/http_reflection.h"
#include "stream/session.h"
#include "stream/stream.h"
#include "wire/http1.h"
#include "wire/websocket_handshake.h"

namespace echod {

class Http1Connection {
 public:
  // Everything given must outlive the connection.
  Http1Connection(Stream& peer, Session& session, const HttpSettings& settings);

  // Serves until the client or one of its requests ends the connection.
  Task<> serve();

 private:
  enum class Head : uint8_t { kComplete, kRefused, kNone };  // kNone: the client is done
  enum class Body : uint8_t { kComplete, kRefused, kCut };   // kRefused: nothing was answered yet

  Task<Head> read_head();
  Task<bool> receive_more();
  Task<> answer();
  Task<> upgrade(const wire::WebSocketFields& fields);
  Task<Body> echo_body();
  Task<Body> echo_raw();
  Task<Body> reflect();
  Task<Body> read_body(ReflectedBody& facts);
  Task<> write_chunk(std::span<const std::byte> bytes);
  Task<> refuse(int status);
  bool refused_method() const;
  void compose_head(wire::BodyFraming framing, uint64_t length, std::string_view content_type,
                    bool is_page = false);
  void compose_refusal(int status);

  Stream& peer_;
  Session& session_;
  const HttpSettings& settings_;
  wire::RequestDecoder decoder_;
  Chunk in_;                           // received, and being decoded
  std::span<const std::byte> unread_;  // what is left of it
  GatheredOutput output_;
  std::string text_;  // the head or chunk line being composed
  int refusal_ = 0;   // the status of a request that is refused
  bool keep_alive_ = true;
  bool upgraded_ = false;  // it is over, and was a WebSocket at its end
  bool head_deadline_set_ = false;
  Time head_begin_;                            // of a head that did not come in one piece
  Duration head_duration_ = Duration::zero();  // of the head read last
};

}  // namespace echod
