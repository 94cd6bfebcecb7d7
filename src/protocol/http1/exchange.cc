#include "protocol/http1/exchange.h"

#include "http/response_fields.h"
#include "wire/http1/response.h"

namespace echod {

namespace {

using http::BodyFraming;
using http::BodyPart;
using wire::HttpVersion;
using Event = wire::RequestDecoder::Event;

}  // namespace

Http1Exchange::Http1Exchange(Stream& peer, Session& session, const wire::HttpLimits& limits)
    : peer_(peer),
      session_(session),
      decoder_(limits, http::kControlPrefix),
      output_(peer, session.buffers),
      request_(&refused_request_) {}

Event Http1Exchange::decode_head() {
  const Event event = decoder_.next(unread_);
  ECHOD_CHECK(event == Event::kHead || event == Event::kError || event == Event::kNeedInput);
  return event;
}

void Http1Exchange::begin_request(Duration head_duration) {
  request_ = &decoder_.head();
  head_duration_ = head_duration;
  keep_alive_ = request_->keep_alive;
  body_read_ = false;
  chunk_left_ = 0;
}

void Http1Exchange::begin_refused_request(const http::Refusal& refusal) {
  refused_request_ = {};
  refused_request_.method = decoder_.begun_method();
  request_ = &refused_request_;
  refusal_ = refusal;
  head_duration_ = Duration::zero();
  body_read_ = false;
  chunk_left_ = 0;
}

void Http1Exchange::end_request() {
  if (!keep_alive_ || !body_read_) return;
  request_ = &refused_request_;  // the decoder's request becomes invalid now
  decoder_.reset();
}

Task<bool> Http1Exchange::receive_more() {
  ECHOD_CHECK(unread_.empty());
  drop_input();
  if (client_ended_) co_return false;
  Chunk next = co_await peer_.receive();
  co_return take_input(std::move(next));
}

void Http1Exchange::drop_input() {
  unread_ = {};
  if (in_.has_buffer()) in_ = Chunk();
}

bool Http1Exchange::take_input(Chunk&& next) {
  in_ = std::move(next);
  unread_ = in_.bytes();
  return static_cast<bool>(in_);
}

Chunk Http1Exchange::take_unread() {
  in_.drop_front(in_.size() - unread_.size());
  unread_ = {};
  return std::move(in_);
}

// Whether a part is large enough to be passed on as the chunk in which it was received.
bool Http1Exchange::owns_chunk(std::span<const std::byte> part) const {
  return part.size() > BufferedWriter::kCopiedSizeMax && unread_.empty();
}

BodyPart Http1Exchange::poll_body() {
  BodyPart part;
  const std::span<const std::byte> before = unread_;
  const Event event = decoder_.next(unread_);
  part.raw = before.first(before.size() - unread_.size());
  switch (event) {
    case Event::kNeedInput:
      part.kind = client_ended_ ? BodyPart::Kind::kCut : BodyPart::Kind::kPending;
      break;
    case Event::kChunk:
      part.kind = BodyPart::Kind::kChunk;
      part.size = decoder_.chunk_size();
      break;
    case Event::kBody:
      part.kind = BodyPart::Kind::kData;
      part.bytes = decoder_.body();
      if (owns_chunk(part.bytes)) {
        in_.drop_front(in_.size() - part.bytes.size());
        part.chunk = std::move(in_);
      }
      break;
    case Event::kEnd:
      part.kind = BodyPart::Kind::kEnd;
      body_read_ = true;
      break;
    case Event::kHead:
    case Event::kError:
      part.kind = BodyPart::Kind::kMalformed;
      break;
  }
  return part;
}

Task<> Http1Exchange::wait_for_body() {
  co_await output_.flush();
  bool more = co_await receive_more();
  if (!more) client_ended_ = true;
}

http::Refusal Http1Exchange::refusal() const {
  return request_ == &refused_request_ ? refusal_ : decoder_refusal();
}

http::Refusal Http1Exchange::decoder_refusal() const {
  return {.status = decoder_.refusal().status,
          .rule = decoder_.refusal().rule(),
          .at = decoder_.refused_at()};
}

Task<> Http1Exchange::inform(int status, http::FieldList fields) {
  ECHOD_CHECK(status >= 100 && status < 200 && status != 101);
  if (request_->version == HttpVersion::kHttp10) co_return;
  if (status == 100 && !unread_.empty()) co_return;
  text_.clear();
  wire::append_status_line(text_, status);
  text_ += fields.text();
  text_ += "\r\n";
  co_await output_.write(text_);
  co_await output_.flush();
}

// Chooses the framing of the content: chunked if its size is unknown, or for HTTP/1.0 by closing
// the connection.
void Http1Exchange::append_framing(const http::ResponseHead& head) {
  const bool chunks = request_->version == HttpVersion::kHttp11;
  framing_ = BodyFraming::kContentLength;
  if (!head.size) framing_ = chunks ? BodyFraming::kChunked : BodyFraming::kNone;
  if (head.status == 204 || head.status == 304) return;  // RFC 9110 section 6.4.1
  if (head.status == 205) {                              // section 15.3.6
    wire::append_content_length(text_, 0);
  } else if (framing_ == BodyFraming::kChunked) {
    wire::append_field(text_, "Transfer-Encoding", "chunked");
  } else if (framing_ == BodyFraming::kContentLength) {
    wire::append_content_length(text_, *head.size);
  }
}

void Http1Exchange::append_connection(const http::ResponseHead& head) {
  if (head.close || (framing_ == BodyFraming::kNone && !silent_)) keep_alive_ = false;
  // Requests that were pipelined after this one are served too.
  const bool more_came = body_read_ && !unread_.empty();
  if (session_.stopping() && !more_came) keep_alive_ = false;
  if (!head.upgrade.empty()) {
    // A hop-by-hop field must be listed in Connection (RFC 9110 section 7.6.1).
    wire::append_field(text_, "Upgrade", head.upgrade);
    wire::append_field(text_, "Connection", keep_alive_ ? "Upgrade" : "close, Upgrade");
  } else if (!keep_alive_) {
    wire::append_field(text_, "Connection", "close");
  } else if (request_->version == HttpVersion::kHttp10) {
    wire::append_field(text_, "Connection", "keep-alive");
  }
}

Task<> Http1Exchange::begin(http::ResponseHead head) {
  silent_ = !http::has_content(request_->method, head.status);
  text_.clear();
  wire::append_status_line(text_, head.status);
  text_ += head.fields.text();
  append_framing(head);
  append_connection(head);
  text_ += "\r\n";
  return output_.write(text_);
}

Task<> Http1Exchange::begin_chunk(uint64_t size) {
  ECHOD_CHECK(!silent_);
  if (framing_ != BodyFraming::kChunked) co_return;
  chunk_left_ = size;
  text_.clear();
  wire::append_chunk_size(text_, size);
  co_await output_.write(text_);
}

// Counts the bytes written to a chunk, and ends the chunk if it is complete.
Task<> Http1Exchange::end_part(size_t size) {
  ECHOD_CHECK(size <= chunk_left_);
  chunk_left_ -= size;
  if (chunk_left_ == 0) co_await output_.write("\r\n");
}

// What needs no chunk is the writer's own task, without a frame around it.
Task<> Http1Exchange::write(std::string_view part) {
  ECHOD_CHECK(!silent_);
  return framing_ == BodyFraming::kChunked ? write_chunked(part) : output_.write(part);
}

Task<> Http1Exchange::write_chunked(std::string_view part) {
  if (chunk_left_ == 0) co_await begin_chunk(part.size());
  co_await output_.write(part);
  co_await end_part(part.size());
}

Task<> Http1Exchange::write(BodyPart part) {
  if (!part.chunk) return write(part.text());
  ECHOD_CHECK(!silent_);
  return framing_ == BodyFraming::kChunked ? send_chunked(std::move(part.chunk))
                                           : output_.send(std::move(part.chunk));
}

Task<> Http1Exchange::send_chunked(Chunk chunk) {
  const size_t size = chunk.size();
  if (chunk_left_ == 0) co_await begin_chunk(size);
  co_await output_.send(std::move(chunk));
  co_await end_part(size);
}

Task<> Http1Exchange::end(http::FieldList trailers) {
  if (framing_ != BodyFraming::kChunked || silent_) return Task<>::finished();
  return end_chunked(trailers);
}

Task<> Http1Exchange::end_chunked(http::FieldList trailers) {
  if (trailers.empty()) {
    co_await output_.write(wire::kChunkedEnd);
    co_return;
  }
  co_await output_.write("0\r\n");
  co_await output_.write(trailers.text());
  co_await output_.write("\r\n");
}

// Keeps received bytes for later, and records the client's FIN.
Task<> Http1Exchange::watch_client(Time until) {
  if (!unread_.empty() || client_ended_) co_return;
  in_ = Chunk();
  const DeadlineScope scope(peer_, session_.deadlines, until);
  Result<Chunk> received = co_await peer_.receive().observed();
  if (received) {
    in_ = std::move(*received);
    unread_ = in_.bytes();
    client_ended_ = !in_;
  } else if (received.error().code != Errc::kTimeout) {
    co_await failed(received.error());
  }
}

}  // namespace echod
