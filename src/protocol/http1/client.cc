// The HTTP/1.1 client: sends POSTs on a connection, with as many in flight as the traffic allows.
// The bodies are one continuous pattern across requests, so that a response to another request is
// detected at its first byte. An unexpected status fails one message, and the connection continues;
// a wrong byte or invalid framing ends it.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/pattern.h"
#include "base/ring_queue.h"
#include "protocol/echo_client.h"
#include "wire/http1/response_decoder.h"

namespace echod {
namespace {

const HttpLoad kUsualLoad;

class Http1Client final : public EchoClient {
 public:
  Http1Client(Stream& stream, BufferPool& buffers, EchoTraffic& traffic,
              const EchoClientOptions& options)
      : stream_(stream),
        buffers_(buffers),
        traffic_(traffic),
        pattern_(options.seed),
        verify_(options.verify),
        load_(options.load != nullptr ? *options.load : kUsualLoad),
        head_(fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n{}", load_.method, options.path,
                          options.host, options.fields)) {
    if (load_.method == "HEAD") decoder_.expect_no_bodies();
    if (load_.echo) {
      head_ += "Content-Length: ";
    } else {
      append_fixed_body();
    }
    head_prefix_size_ = head_.size();
  }

  Task<> send() override {
    while (Chunk chunk = co_await next_chunk()) {
      traffic_.sending();
      co_await stream_.send(std::move(chunk));
    }
  }

  Task<> receive() override {
    while (Chunk chunk = co_await stream_.receive()) {
      note_first(chunk.bytes());
      const size_t count = co_await take(chunk.bytes());
      chunk = Chunk();  // its buffer, still in the cache, is used for the next send
      if (count > 0) traffic_.echoed(count);
      if (last_response_ && !decoder_.in_response()) break;
    }
    co_await check_end();
  }

  Task<> finish() override { co_await stream_.finish_sending(); }

 private:
  // --- Sending ---

  // Without echo all requests are the same, and `head_` is a whole request.
  void append_fixed_body() {
    const bool usually_has_none = load_.method == "GET" || load_.method == "HEAD" ||
                                  load_.method == "DELETE" || load_.method == "OPTIONS";
    if (load_.body.empty() && usually_has_none) {
      head_ += "\r\n";
    } else if (load_.chunked) {
      head_ += "Transfer-Encoding: chunked\r\n\r\n";
      if (!load_.body.empty()) {
        head_ += fmt::format("{:x}\r\n{}\r\n", load_.body.size(), load_.body);
      }
      head_ += "0\r\n\r\n";
    } else {
      head_ += fmt::format("Content-Length: {}\r\n\r\n{}", load_.body.size(), load_.body);
    }
  }

  // The next bytes to send: the rest of a request, and as many whole ones as may follow.
  // An empty chunk if there are none.
  Result<Chunk> next_chunk() {
    if (!in_request() && !begin_request()) return Chunk();
    Result<Chunk> chunk = buffers_.lease();
    if (!chunk) return chunk;
    do {
      const size_t head = std::min(head_.size() - head_sent_, chunk->spare().size());
      std::memcpy(chunk->spare().data(), head_.data() + head_sent_, head);
      chunk->grow(head);
      head_sent_ += head;
      const auto body = static_cast<size_t>(std::min<uint64_t>(body_left_, chunk->spare().size()));
      pattern_.fill(chunk->spare().first(body), body_sent_);
      chunk->grow(body);
      body_left_ -= body;
      body_sent_ += body;
    } while (!chunk->spare().empty() && begin_request());
    return chunk;
  }

  bool in_request() const { return head_sent_ < head_.size() || body_left_ > 0; }

  bool begin_request() {
    if (last_response_) return false;
    const std::optional<uint64_t> size = traffic_.next_message();
    if (!size) return false;
    if (!load_.echo) {
      head_sent_ = 0;
      sizes_.push(*size);
      return true;
    }
    if (*size != head_body_size_) {
      head_.resize(head_prefix_size_);
      fmt::format_to(std::back_inserter(head_), "{}\r\n\r\n", *size);
      head_body_size_ = *size;
    }
    head_sent_ = 0;
    body_left_ = *size;
    sizes_.push(*size);
    return true;
  }

  // --- Receiving ---

  // Processes received bytes. Returns how many echoes they complete.
  Result<size_t> take(std::span<const std::byte> input) {
    using Event = wire::ResponseDecoder::Event;
    size_t count = 0;
    while (true) {
      Result<void> outcome;
      switch (decoder_.next(input)) {
        case Event::kNeedInput:
          return count;
        case Event::kHead:
          outcome = begin_response();
          break;
        case Event::kBody:
          outcome = take_body(decoder_.body());
          break;
        case Event::kEnd:
          outcome = end_response(count);
          break;
        case Event::kError:
          outcome = give_up(Detail::kUnexpectedReply, std::string(decoder_.error()));
          break;
      }
      if (!outcome) return std::unexpected(outcome.error());
    }
  }

  Result<void> begin_response() {
    const wire::ResponseHead& head = decoder_.head();
    if (sizes_.empty() && is_idle_close(head)) {
      refused_ = last_response_ = true;
      return {};
    }
    if (sizes_.empty()) {
      return give_up(Detail::kUnexpectedReply,
                     fmt::format("an unsolicited response: status {}", head.status));
    }
    if (last_response_) {
      return give_up(Detail::kUnexpectedReply, "a response after Connection: close");
    }
    if (head.status == 101) return give_up(Detail::kUnexpectedReply, "status 101");
    body_received_ = 0;
    refused_ = !load_.expects(head.status);
    last_response_ = !head.keep_alive;
    if (!load_.echo) return {};
    // These have no body: an unexpected status, not a wrong echo.
    if (head.status == 204 || head.status == 205 || head.status == 304) refused_ = true;
    const bool wrong_size = head.framing == wire::ResponseFraming::kContentLength &&
                            head.content_length != sizes_.front();
    if (!refused_ && wrong_size) {
      return give_up(Detail::kCorruptData,
                     fmt::format("received a body of {} bytes, expected {}, at offset {}",
                                 head.content_length, sizes_.front(), body_base_));
    }
    return {};
  }

  // A server may send an unsolicited 408 before it closes an idle connection, or one that ended
  // without a request (RFC 9110 section 15.5.9; HAProxy does both): a graceful close.
  bool is_idle_close(const wire::ResponseHead& head) const {
    return !last_response_ && !head.keep_alive && (head.status == 400 || head.status == 408);
  }

  Result<void> take_body(std::span<const std::byte> bytes) {
    if (refused_ || !load_.echo) return {};
    Result<void> right = check(bytes, verify_ ? &pattern_ : nullptr, body_base_ + body_received_,
                               sizes_.front() - body_received_);
    if (!right) return right;
    body_received_ += bytes.size();
    return {};
  }

  // `count`: the echoes completed before this one, which are not reported to the traffic yet.
  Result<void> end_response(size_t& count) {
    if (sizes_.empty()) return {};  // an idle close
    const uint64_t size = sizes_.front();
    if (load_.echo && !refused_ && body_received_ < size) {
      return give_up(Detail::kCorruptData,
                     fmt::format("received a body of {} bytes, expected {}, at offset {}",
                                 body_received_, size, body_base_ + body_received_));
    }
    sizes_.pop();
    body_base_ += size;
    if (!refused_) {
      ++count;
      return {};
    }
    if (count > 0) traffic_.echoed(std::exchange(count, 0));
    traffic_.refused(fmt::format("status {}", decoder_.head().status));
    return {};
  }

  // The server ended the connection, or is about to.
  Result<void> check_end() {
    using Event = wire::ResponseDecoder::Event;
    const Event event =
        last_response_ && !decoder_.in_response() ? Event::kNeedInput : decoder_.end_of_input();
    if (event == Event::kError) {
      return give_up(sizes_.empty() ? Detail::kUnexpectedReply : Detail::kClosedEarly,
                     std::string(decoder_.error()));
    }
    size_t count = 0;
    if (event == Event::kEnd) {
      if (Result<void> ended = end_response(count); !ended) return ended;
      if (count > 0) traffic_.echoed(count);
    }
    if (sizes_.empty()) return {};
    return give_up(Detail::kClosedEarly,
                   fmt::format("the server ended the connection with {} request(s) in flight, at "
                               "offset {}",
                               sizes_.size(), body_base_));
  }

  Stream& stream_;
  BufferPool& buffers_;
  EchoTraffic& traffic_;
  const Pattern pattern_;
  const bool verify_;

  const HttpLoad& load_;
  std::string head_;  // of the request being sent
  size_t head_prefix_size_ = 0;
  uint64_t head_body_size_ = UINT64_MAX;  // the size in its Content-Length
  size_t head_sent_ = SIZE_MAX;           // bytes of it; at least its size: all
  uint64_t body_left_ = 0;                // of the request being sent
  uint64_t body_sent_ = 0;                // of all requests

  wire::ResponseDecoder decoder_{wire::HttpLimits()};
  RingQueue<uint64_t> sizes_;   // of the bodies in flight, oldest first
  uint64_t body_base_ = 0;      // where the oldest one's body begins in the pattern
  uint64_t body_received_ = 0;  // of it
  bool refused_ = false;        // the response is no echo; its body is skipped
  bool last_response_ = false;  // the server closes after it
};

}  // namespace

std::unique_ptr<EchoClient> make_http1_client(Stream& stream, BufferPool& buffers,
                                              EchoTraffic& traffic,
                                              const EchoClientOptions& options) {
  return std::make_unique<Http1Client>(stream, buffers, traffic, options);
}

}  // namespace echod
