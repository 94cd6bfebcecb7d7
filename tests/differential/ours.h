// Our decoder's view of requests. It gives a handler no more fields than it needs, so all of them
// are read once more with the reader it is made of, which also tells what a rejected head broke.
#pragma once

#include <algorithm>
#include <memory>
#include <span>

#include "dump.h"
#include "wire/http1/chunked.h"
#include "wire/http1/fields.h"
#include "wire/http1/request.h"
#include "wire/http1/request_line.h"

namespace echod::differential {

// One connection's bytes, decoded in one piece.
class OurParse {
 public:
  explicit OurParse(std::string_view bytes)
      : buffer_(std::make_unique<std::byte[]>(bytes.size())), size_(bytes.size()) {
    std::ranges::copy(std::as_bytes(std::span(bytes)), buffer_.get());
  }

  View run() {
    using Event = wire::RequestDecoder::Event;
    wire::RequestDecoder decoder({});
    std::span<const std::byte> input(buffer_.get(), size_);
    while (true) {
      const Event event = decoder.next(input);
      const size_t at = size_ - input.size();
      if (event == Event::kNeedInput) {
        view_.verdict = decoder.in_request() ? "incomplete" : "done";
        return view_;
      }
      if (event == Event::kError) return rejected(decoder.error_status(), at);
      if (event == Event::kHead) take_head(decoder.head(), at);
      if (event == Event::kBody) take_body(decoder.body());
      if (event != Event::kEnd) continue;
      begin_ = at;
      in_body_ = false;
      Message& message = view_.messages.back();
      message.end = static_cast<long>(at);
      if (!message.keep_alive || message.method == "CONNECT") return view_;
      decoder.reset();
    }
  }

 private:
  void take_head(const wire::RequestHead& head, size_t at) {
    view_.messages.push_back({.method = std::string(head.method),
                              .target = std::string(head.target),
                              .version = head.version == wire::HttpVersion::kHttp10 ? "1.0" : "1.1",
                              .keep_alive = head.keep_alive});
    head_end_ = at;
    in_body_ = true;
    chunked_ = head.framing == wire::BodyFraming::kChunked;
    (void)broken_part(at, &view_.messages.back());
  }

  void take_body(std::span<const std::byte> part) {
    Message& message = view_.messages.back();
    message.body.append(reinterpret_cast<const char*>(part.data()), part.size());
    if (chunked_) message.chunks.push_back(part.size());
  }

  View rejected(int status, size_t at) {
    view_.verdict = "rejected";
    view_.status = status;
    view_.at = at;
    view_.why = in_body_ ? broken_body() : broken_part(at, nullptr);
    return view_;
  }

  // Reads the head that begins at begin_ up to `end`, its fields into `message`. Returns the part
  // that is wrong there: "request line", "field syntax", "field NAME", or "head", as a whole.
  std::string broken_part(size_t end, Message* message) {
    std::span<const std::byte> input(buffer_.get() + begin_, size_ - begin_);
    const wire::HttpLimits limits;
    wire::RequestLineReader line;
    line.start(limits.request_line_size_max);
    if (line.next(input) != wire::RequestLineReader::Event::kEnd) return "request line";
    wire::FieldReader fields;
    fields.start(limits.head_size_max - line.size() - 2, limits.field_count_max);
    while (true) {
      const auto event = fields.next(input);
      if (event == wire::FieldReader::Event::kEnd) return "head";
      if (event != wire::FieldReader::Event::kField) return "field syntax";
      if (message != nullptr) message->fields.emplace_back(fields.name(), fields.value());
      const bool last = message == nullptr && size_ - input.size() == end;
      if (last && is_rejected(begin_, end)) return "field " + std::string(fields.name());
    }
  }

  // Whether what lies before `end` is rejected already, without what follows it.
  bool is_rejected(size_t begin, size_t end) const {
    wire::RequestDecoder decoder({});
    std::span<const std::byte> input(buffer_.get() + begin, end - begin);
    return decoder.next(input) == wire::RequestDecoder::Event::kError;
  }

  // "chunk" or "trailer".
  std::string broken_body() {
    std::span<const std::byte> input(buffer_.get() + head_end_, size_ - head_end_);
    wire::ChunkedDecoder chunks;
    const wire::HttpLimits limits;
    chunks.start(limits.chunk_line_size_max, limits.body_size_max);
    while (true) {
      switch (chunks.next(input)) {
        case wire::ChunkedDecoder::Event::kChunk:
        case wire::ChunkedDecoder::Event::kData:
          break;
        case wire::ChunkedDecoder::Event::kLastChunk:
          return "trailer";
        case wire::ChunkedDecoder::Event::kNeedInput:
        case wire::ChunkedDecoder::Event::kError:
          return "chunk";
      }
    }
  }

  std::unique_ptr<std::byte[]> buffer_;
  size_t size_;
  View view_;
  size_t begin_ = 0;     // of the message being read
  size_t head_end_ = 0;  // of its head
  bool in_body_ = false;
  bool chunked_ = false;
};

}  // namespace echod::differential
