// The client's side of an echo protocol: sends messages over a Stream and checks their echoes. An
// EchoTraffic (the load tester's connection) decides what is sent and when, and measures time. The
// client knows the wire format of a message, and when its echo is complete and correct. Sending and
// receiving are two concurrent tasks, so that a message larger than all buffers on the path cannot
// block its own echo.
//
// Nothing is allocated or copied per message: the bytes come from a Pattern, are written directly
// into leased chunks, and are compared in place. Messages that are sent together share chunks.
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

// Decides what a client sends, and gets the results. Called on the connection's thread, from inside
// the client's tasks.
class EchoTraffic {
 public:
  // The size in bytes, at least 1, of the next message to send now; it is in flight from here on.
  // Nothing: none may be sent now.
  virtual std::optional<uint64_t> next_message() = 0;

  // The first bytes of all messages taken since the last call are about to be sent: their service
  // time begins.
  virtual void sending() = 0;

  // The echoes of the `count` > 0 oldest messages in flight arrived, complete and correct. May
  // resume a task that waits to call send() again.
  virtual void echoed(size_t count) = 0;

  // The oldest message in flight got an error response instead of its echo, described by `what`
  // ("status 503"); the connection continues.
  virtual void refused(std::string_view what) = 0;

  // The client has something other than a message to send (such as a pong): send() must be called.
  virtual void wants_to_send() = 0;

  // Whether no message will follow and none is in flight: the client may end the connection.
  virtual bool is_finished() const = 0;

 protected:
  ~EchoTraffic() = default;
};

struct EchoClientOptions {
  uint64_t seed = 0;   // of the pattern; different for each connection
  bool verify = true;  // check every byte; else only sizes

  // HTTP: headers of each request besides its framing; WebSocket: of the handshake.
  std::string_view host = {};
  std::string_view path = "/";
  std::string_view fields = {};  // more field lines, each with its CRLF

  const HttpLoad* load = nullptr;  // HTTP: null for echoed POSTs; must outlive the client
};

class EchoClient {
 public:
  virtual ~EchoClient() = default;

  // Call this first: does what the protocol needs before the first message, such as a handshake.
  virtual Task<> open() { co_return; }

  // Sends the messages from EchoTraffic::next_message() until there are none, then ends. Call it
  // again when there may be more.
  virtual Task<> send() = 0;

  // Receives and checks the echoes, concurrently with send(). Ends when the peer or the protocol
  // ends the connection with nothing in flight. Fails as the stream does, or with Errc::kProtocol
  // of Layer::kProtocol, a detail of that layer, and a text in explanation().
  virtual Task<> receive() = 0;

  // Call this after the last message, with no send() pending: sends the protocol's closing message,
  // if it has one, and finishes sending.
  virtual Task<> finish() = 0;

  // After a failure of Layer::kProtocol: one line for people. Else empty.
  const std::string& explanation() const { return explanation_; }

  // The first bytes from the peer, escaped, and the protocol they look like, for error messages
  // about a peer that speaks another protocol: "it sent 'HTTP/1.1 400 Bad'..., which looks like
  // HTTP/1". Empty: the peer sent nothing.
  std::string first_words() const;

 protected:
  // Call this with the first received bytes; later calls are ignored.
  void note_first(std::span<const std::byte> bytes) {
    if (first_.empty())
      first_.assign(reinterpret_cast<const char*>(bytes.data()),
                    std::min(bytes.size(), kFirstSizeMax));
  }

  // For `return give_up(...)`: stores the explanation, unless there is one already.
  std::unexpected<Error> give_up(Detail detail, std::string explanation) {
    if (explanation_.empty()) explanation_ = std::move(explanation);
    return std::unexpected(
        with_detail({Errc::kProtocol, During::kReceive}, Layer::kProtocol, detail));
  }

  // Checks received `bytes` against `pattern` (null: only their number) from its `offset` on, where
  // `left` bytes are outstanding.
  Result<void> check(std::span<const std::byte> bytes, const Pattern* pattern, uint64_t offset,
                     uint64_t left);

 private:
  static constexpr size_t kFirstSizeMax = 48;  // bytes

  std::string explanation_;
  std::string first_;  // received
};

// Raw TCP: messages are only lengths in one stream of bytes. References must outlive the client.
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
