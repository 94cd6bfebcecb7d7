// The WebSocket client: the handshake, then each message as one binary frame. The payloads are one
// continuous pattern across messages, so that the echo of another message is detected at its first
// byte. Echoes may have other frame boundaries, since a proxy may change them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/pattern.h"
#include "base/random.h"
#include "base/ring_queue.h"
#include "protocol/echo_client.h"
#include "wire/http1/fields.h"
#include "wire/http1/status_line.h"
#include "wire/websocket/frame.h"
#include "wire/websocket/handshake.h"

namespace echod {
namespace {

using wire::WebSocketOpcode;

constexpr size_t kResponseSizeMax = 32768;  // maximum size in bytes of the handshake's response
constexpr size_t kAnswerFieldsMax = 100;
constexpr const char* kEndedHandshake = "the server ended the connection during the handshake";

// Reads the response to a handshake.
class ResponseReader {
 public:
  ResponseReader() { line_.start(kResponseSizeMax); }

  // Consumes from the front of `input`. Returns whether the response is complete; false: more is
  // needed. The error says what is wrong.
  std::expected<bool, std::string_view> read(std::span<const std::byte>& input) {
    if (!line_read_) {
      using Event = wire::StatusLineReader::Event;
      const Event event = line_.next(input);
      if (event == Event::kNeedInput) return false;
      if (event == Event::kError) return std::unexpected("malformed status line");
      line_read_ = true;
      field_.start(kResponseSizeMax, kAnswerFieldsMax);
    }
    using Event = wire::FieldReader::Event;
    for (Event event = field_.next(input); event != Event::kEnd; event = field_.next(input)) {
      if (event == Event::kNeedInput) return false;
      if (event == Event::kError) return std::unexpected("malformed field");
      fields_.take(field_.name(), field_.value());
    }
    return true;
  }

  int status() const { return line_.status(); }
  const wire::WebSocketFields& fields() const { return fields_; }

 private:
  wire::StatusLineReader line_;
  wire::FieldReader field_;
  wire::WebSocketFields fields_;
  bool line_read_ = false;
};

class WebSocketClient final : public EchoClient {
 public:
  WebSocketClient(Stream& stream, BufferPool& buffers, EchoTraffic& traffic,
                  const EchoClientOptions& options)
      : stream_(stream),
        buffers_(buffers),
        traffic_(traffic),
        pattern_(options.seed),
        verify_(options.verify),
        random_(options.seed) {
    request_ = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n{}", options.path, options.host,
                           options.fields);
    asked_.key = wire::make_websocket_key(random_);
    wire::append_websocket_fields(request_, asked_);
    request_ += "\r\n";
  }

  Task<> open() override {
    std::string_view rest = request_;
    while (!rest.empty()) {
      Chunk chunk = co_await buffers_.lease();
      const size_t size = std::min(rest.size(), chunk.spare().size());
      chunk.append(rest.substr(0, size));
      rest.remove_prefix(size);
      co_await stream_.send(std::move(chunk));
    }
    ResponseReader reader;
    while (true) {
      early_ = co_await stream_.receive();
      if (!early_) co_await failed(give_up(Detail::kClosedEarly, kEndedHandshake).error());
      note_first(early_.bytes());
      std::span<const std::byte> input = early_.bytes();
      const auto complete = reader.read(input);
      if (!complete) co_await give_up_open(complete.error());
      early_.drop_front(early_.size() - input.size());
      if (*complete) break;
    }
    co_await check_answer(reader);
  }

  Task<> send() override {
    while (Chunk chunk = co_await next_chunk()) {
      traffic_.sending();
      co_await stream_.send(std::move(chunk));
    }
  }

  Task<> receive() override {
    Chunk chunk = std::move(early_);
    do {
      const size_t count = co_await take(chunk.mutable_bytes());
      chunk = Chunk();  // its buffer, still in the cache, is used for the next send
      if (count > 0) traffic_.echoed(count);
      if (closed_) break;
      chunk = co_await stream_.receive();
    } while (chunk);
    co_await check_end();
  }

  Task<> finish() override {
    Chunk chunk = co_await buffers_.lease();
    const wire::ControlPayload payload = wire::compose_close(wire::close_code::kNormal);
    append_control(chunk, WebSocketOpcode::kClose, payload.bytes());
    co_await stream_.send(std::move(chunk));
    co_await stream_.finish_sending();
  }

 private:
  Result<void> give_up_open(std::string_view what) {
    return give_up(Detail::kUnexpectedReply, fmt::format("the handshake's answer: {}", what));
  }

  Result<void> check_answer(const ResponseReader& reader) {
    const auto agreement = wire::check_websocket_response(reader.status(), reader.fields(), asked_);
    if (agreement) return {};
    return give_up(Detail::kUnexpectedReply, fmt::format("the handshake failed with status {}: {}",
                                                         reader.status(), agreement.error()));
  }

  // --- Sending ---

  wire::WebSocketMask next_mask() {
    wire::WebSocketMask mask;
    const uint64_t drawn = random_.next();
    for (size_t i = 0; i < mask.size(); ++i) mask[i] = static_cast<std::byte>(drawn >> (8 * i));
    return mask;
  }

  void append_control(Chunk& chunk, WebSocketOpcode opcode, std::span<const std::byte> payload) {
    chunk.grow(wire::write_control_frame(chunk.spare(), opcode, payload, next_mask()));
  }

  // The next bytes to send: the rest of a frame, pongs, and as many whole frames as may follow. An
  // empty chunk if there are none.
  Result<Chunk> next_chunk() {
    const bool in_frame = payload_left_ > 0;
    if (!in_frame && !pong_due_ && !next_size()) return Chunk();
    Result<Chunk> chunk = buffers_.lease();
    if (!chunk) return chunk;
    do {
      if (payload_left_ == 0 && pong_due_) {
        append_control(*chunk, WebSocketOpcode::kPong, pong_.bytes());
        pong_due_ = false;
      } else if (payload_left_ == 0) {
        begin_frame(*chunk);
      }
      fill(*chunk);
    } while (chunk->spare().size() >= wire::kControlFrameSizeMax && (pong_due_ || next_size()));
    return chunk;
  }

  // Gets the size of the next message from the traffic, once per message. False: there is none.
  bool next_size() {
    if (!size_) size_ = traffic_.next_message();
    return size_.has_value();
  }

  void begin_frame(Chunk& chunk) {
    ECHOD_CHECK(size_.has_value());
    const uint64_t size = std::exchange(size_, std::nullopt).value_or(0);
    mask_ = next_mask();
    payload_left_ = size;
    payload_sent_ = 0;
    sizes_.push(size);
    const wire::WebSocketFrame frame{.opcode = WebSocketOpcode::kBinary, .size = size};
    chunk.append(wire::encode_frame_head(frame, mask_).bytes());
  }

  // Appends as much of the payload as fits.
  void fill(Chunk& chunk) {
    const auto size = static_cast<size_t>(std::min<uint64_t>(payload_left_, chunk.spare().size()));
    const std::span<std::byte> room = chunk.spare().first(size);
    pattern_.fill(room, sent_);
    wire::apply_mask(room, mask_, payload_sent_);
    chunk.grow(size);
    payload_left_ -= size;
    payload_sent_ += size;
    sent_ += size;
  }

  // --- Receiving ---

  // Processes received bytes. Returns how many echoes they complete.
  Result<size_t> take(std::span<std::byte> input) {
    using Event = wire::WebSocketDecoder::Event;
    size_t count = 0;
    while (!closed_) {
      Result<void> outcome;
      switch (decoder_.next(input)) {
        case Event::kNeedInput:
          return count;
        case Event::kFrame:
          if (sizes_.empty()) {
            outcome = give_up(Detail::kCorruptData, "received a message that was not sent");
          }
          break;
        case Event::kPayload:
          outcome = take_payload(decoder_.payload());
          break;
        case Event::kFrameEnd:
          if (decoder_.frame().fin) outcome = end_message(count);
          break;
        case Event::kControl:
          outcome = take_control();
          break;
        case Event::kError:
          outcome = give_up(Detail::kUnexpectedReply, std::string(decoder_.failure().reason));
          break;
      }
      if (!outcome) return std::unexpected(outcome.error());
    }
    return count;
  }

  Result<void> take_payload(std::span<const std::byte> bytes) {
    Result<void> right =
        check(bytes, verify_ ? &pattern_ : nullptr, base_ + received_, sizes_.front() - received_);
    if (!right) return right;
    received_ += bytes.size();
    return {};
  }

  Result<void> end_message(size_t& count) {
    const uint64_t size = sizes_.front();
    if (received_ < size) {
      return give_up(Detail::kCorruptData,
                     fmt::format("received a message of {} bytes, expected {}, at offset {}",
                                 received_, size, base_ + received_));
    }
    sizes_.pop();
    base_ += size;
    received_ = 0;
    ++count;
    return {};
  }

  Result<void> take_control() {
    const std::span<const std::byte> payload = decoder_.control_payload().bytes();
    if (decoder_.frame().opcode == WebSocketOpcode::kPing) {
      pong_ = decoder_.control_payload();
      pong_due_ = true;  // only the last of several pings gets a pong (RFC 6455 section 5.5.3)
      traffic_.wants_to_send();
    } else if (decoder_.frame().opcode == WebSocketOpcode::kClose) {
      const auto close = wire::parse_close(payload);
      if (!close) return give_up(Detail::kUnexpectedReply, std::string(close.error().reason));
      closed_ = true;
      close_ = fmt::format("closed with {} {}", close->code, close->reason);
    }
    return {};
  }

  // The server ended the connection.
  Result<void> check_end() {
    if (sizes_.empty() && !decoder_.in_frame() && !decoder_.in_message()) return {};
    return give_up(
        Detail::kClosedEarly,
        fmt::format("the server {} with {} message(s) in flight, at offset {}",
                    closed_ ? close_ : "ended the connection", sizes_.size(), base_ + received_));
  }

  Stream& stream_;
  BufferPool& buffers_;
  EchoTraffic& traffic_;
  const Pattern pattern_;
  const bool verify_;
  Random random_;

  std::string request_;
  wire::WebSocketRequest asked_;
  Chunk early_;  // received after the handshake's response

  std::optional<uint64_t> size_;  // of the message to send next
  wire::WebSocketMask mask_ = {};
  uint64_t payload_left_ = 0;  // of the message being sent
  uint64_t payload_sent_ = 0;
  uint64_t sent_ = 0;  // of all messages
  bool pong_due_ = false;
  wire::ControlPayload pong_;

  wire::WebSocketDecoder decoder_{wire::WebSocketRole::kClient,
                                  false,
                                  {.frame_size_max = UINT64_MAX >> 1,
                                   .message_size_max = UINT64_MAX >> 1,
                                   .fragment_count_max = UINT32_MAX}};
  RingQueue<uint64_t> sizes_;  // of the messages in flight, oldest first
  uint64_t base_ = 0;          // where the oldest one begins in the pattern
  uint64_t received_ = 0;      // of it
  bool closed_ = false;        // a close frame came
  std::string close_;          // its code and reason
};

}  // namespace

std::unique_ptr<EchoClient> make_websocket_client(Stream& stream, BufferPool& buffers,
                                                  EchoTraffic& traffic,
                                                  const EchoClientOptions& options) {
  return std::make_unique<WebSocketClient>(stream, buffers, traffic, options);
}

}  // namespace echod
