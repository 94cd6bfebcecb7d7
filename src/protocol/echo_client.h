// The client's side of an echo protocol: sends messages over a Stream and checks what comes back.
// What is sent when, and what the time says, is decided by an EchoTraffic (the load tester's
// connection); how a message looks on the wire, and when its echo is whole and right, is known
// here. Sending and receiving are two tasks beside each other, so that a message larger than all
// buffers on the way cannot block its own echo.
//
// Nothing is allocated or copied per message: the bytes come from a Pattern, are written straight
// into leased chunks, and are compared where they were received. Where many messages may be sent at
// once, they share chunks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/chunk.h"
#include "base/pattern.h"
#include "base/task.h"
#include "protocol/http1/load.h"
#include "stream/stream.h"

namespace echod {

// Decides what a client sends, and is told what came of it. Called on the connection's thread, from
// inside the client's tasks.
class EchoTraffic {
 public:
  // The size in bytes, at least 1, of one more message to send now; it is under way from here on.
  // Nothing: none may be sent now.
  virtual std::optional<uint64_t> next_message() = 0;

  // The first bytes of all messages taken since the last call are about to go out: the time to
  // count from.
  virtual void sending() = 0;

  // The `count` > 0 oldest messages under way have come back, whole and right. May resume whoever
  // waits to call send() again.
  virtual void echoed(size_t count) = 0;

  // The oldest message under way was answered with something else than its echo, as `what` says
  // ("status 503"), which the connection survives.
  virtual void refused(std::string_view what) = 0;

  // The client has something to send that is no message (an answer to a ping): send() is to be
  // called, as when there is one.
  virtual void wants_to_send() = 0;

 protected:
  ~EchoTraffic() = default;
};

// Why a client gave its connection up, beyond what the Error says.
enum class EchoFault : uint8_t {
  kNone,      // the Error says it all
  kCorrupt,   // a byte that came back is not the one that was sent
  kClosed,    // the peer ended the connection with messages under way
  kProtocol,  // what came back breaks the protocol, or is not an echo ("status 503")
};

struct EchoClientOptions {
  uint64_t seed = 0;   // of the pattern: another one for each connection
  bool verify = true;  // every byte; else sizes alone

  // HTTP: what each request says besides its framing; WebSocket: what its handshake says.
  std::string_view host = {};
  std::string_view path = "/";
  std::string_view fields = {};  // more field lines, each with its CRLF

  const HttpLoad* load = nullptr;  // HTTP: null for POSTs that come back; must outlive the client
};

class EchoClient {
 public:
  virtual ~EchoClient() = default;

  // Before anything else: what the protocol needs for messages to be sent, such as a handshake.
  virtual Task<> open() { co_return; }

  // Sends the messages that EchoTraffic::next_message() gives, until it gives none; then ends, and
  // is to be called again when there may be more.
  virtual Task<> send() = 0;

  // Receives and checks what comes back, beside send(). Ends when the peer ends the connection, or
  // the protocol does, with nothing under way; fails with what the stream fails with, or with
  // kProtocol, which fault() then explains.
  virtual Task<> receive() = 0;

  // After the last message, with no send() under way: says the protocol's goodbye, if it has one,
  // and that nothing more will be sent.
  virtual Task<> finish() = 0;

  EchoFault fault() const { return fault_; }
  const std::string& explanation() const { return explanation_; }  // one line, for people

  // What the peer sent first, escaped, and what it looks like, for where it turned out to speak
  // something else: "it sent 'HTTP/1.1 400 Bad'..., which looks like HTTP/1". Empty: nothing.
  std::string first_words() const;

 protected:
  // To be given what is received first; later calls are ignored.
  void note_first(std::span<const std::byte> bytes) {
    if (first_.empty())
      first_.assign(reinterpret_cast<const char*>(bytes.data()),
                    std::min(bytes.size(), kFirstSizeMax));
  }

  // For `return give_up(...)`: notes the first fault.
  std::unexpected<Error> give_up(EchoFault fault, std::string explanation) {
    if (fault_ == EchoFault::kNone) {
      fault_ = fault;
      explanation_ = std::move(explanation);
    }
    return failure(Errc::kProtocol, During::kReceive);
  }

  // Checks received `bytes` against `pattern` (null: only how many) from its `offset` on, of which
  // `left` bytes are still to come back.
  Result<void> check(std::span<const std::byte> bytes, const Pattern* pattern, uint64_t offset,
                     uint64_t left);

 private:
  static constexpr size_t kFirstSizeMax = 48;  // bytes

  EchoFault fault_ = EchoFault::kNone;
  std::string explanation_;
  std::string first_;  // received
};

// Raw TCP: messages are only lengths in one stream of bytes. What is given by reference must
// outlive the client.
std::unique_ptr<EchoClient> make_tcp_client(Stream& stream, BufferPool& buffers,
                                            EchoTraffic& traffic, const EchoClientOptions& options);

// HTTP/1.1: each message is the body of a POST, and the echo the body of its response.
std::unique_ptr<EchoClient> make_http1_client(Stream& stream, BufferPool& buffers,
                                              EchoTraffic& traffic,
                                              const EchoClientOptions& options);

// WebSocket: each message is a binary message, echoed as one.
std::unique_ptr<EchoClient> make_websocket_client(Stream& stream, BufferPool& buffers,
                                                  EchoTraffic& traffic,
                                                  const EchoClientOptions& options);

}  // namespace echod
