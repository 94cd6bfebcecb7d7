#include "protocol/http1_exchange.h"

#include <fmt/format.h>

#include "protocol/http_date.h"
#include "wire/http/credentials.h"
#include "wire/http/field_list.h"

namespace echod {
namespace {

// Bytes given to a coder between two looks at the clock: with gzip about half a millisecond.
constexpr size_t kCodedPieceSize = 4096;

// A client is watched during pauses from this on: shorter ones are over before it matters.
constexpr Duration kWatchedPauseMin = std::chrono::milliseconds(20);

// A document below it would hardly become smaller.
constexpr size_t kCodedDocumentSizeMin = 256;

}  // namespace

using wire::BodyFraming;
using wire::ContentCoding;
using wire::HttpVersion;

Http1Exchange::Http1Exchange(Stream& peer, Session& session, const HttpSettings& settings,
                             ControlState& state)
    : peer_(peer),
      session_(session),
      settings_(settings),
      state_(state),
      decoder_(settings.limits),
      output_(peer, session.buffers) {}

void Http1Exchange::begin_request(Duration head_duration) {
  head_duration_ = head_duration;
  keep_alive_ = head().keep_alive;
  body_read_ = false;
  plan_ = {};
  coding_ = ContentCoding::kIdentity;
  coder_.reset();
  part_left_ = 0;
  place_.reset();
  silent_ = false;
  facts_ = {};
  if (settings_.observer == nullptr) return;
  begin_ = session_.clock.now() - head_duration;
  facts_.head_bytes = head_bytes();
  facts_.method = head().method;
  facts_.target = head().target;
}

void Http1Exchange::begin_refused_request() {
  facts_ = {};
  if (settings_.observer != nullptr) begin_ = session_.clock.now();
}

void Http1Exchange::end_request() {
  if (settings_.observer != nullptr) {
    facts_.duration = session_.clock.precise_now() - begin_;
    settings_.observer->answered(session_, facts_);
  }
  place_.reset();
  if (keep_alive_ && body_read_) decoder_.reset();
}

void Http1Exchange::set_plan(ResponsePlan plan) {
  plan_ = std::move(plan);
  const bool wanted =
      plan_.gzip && wire::coding_weight(wire::fields_of(head_bytes()), ContentCoding::kGzip) > 0;
  // A link can ask for gzip, so asking for it must not tell of the credentials of who follows it.
  if (wanted && !has_credentials()) coding_ = ContentCoding::kGzip;
}

Task<bool> Http1Exchange::receive_more() {
  ECHOD_CHECK(unread_.empty());
  in_ = Chunk();
  if (peer_ended_) co_return false;
  in_ = co_await peer_.receive();
  unread_ = in_.bytes();
  co_return static_cast<bool>(in_);
}

Chunk Http1Exchange::take_unread() {
  in_.drop_front(in_.size() - unread_.size());
  unread_ = {};
  return std::move(in_);
}

Task<Http1Exchange::Event> Http1Exchange::next_event() {
  while (true) {
    const Event event = decode();
    if (event != Event::kNeedInput) co_return event;
    co_await output_.flush();
    bool more = co_await receive_more();
    if (!more) co_return Event::kNeedInput;
  }
}

Task<BodyEnd> Http1Exchange::drop_body() {
  KeptBody none(settings_);
  BodyEnd end = co_await keep_body(none, 0);
  co_return end;
}

// Appends `part`. False: there is no memory for it.
bool Http1Exchange::keep_part(KeptBody& body, std::span<const std::byte> part) {
  const size_t size = body.bytes.size() + part.size();
  if (size > body.bytes.capacity()) {
    // All at once where the size is known, so that the budget is asked before much was taken in.
    const bool known = head().framing == BodyFraming::kContentLength;
    const size_t capacity = known ? static_cast<size_t>(head().content_length)
                                  : std::max(size, 2 * body.bytes.capacity());
    if (capacity > kFreeBodySize && !body.lease.grow_to(capacity)) return false;
    body.bytes.reserve(capacity);
  }
  body.bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
  return true;
}

Task<BodyEnd> Http1Exchange::keep_body(KeptBody& body, size_t size_max) {
  while (true) {
    Event event = co_await next_event();
    switch (event) {
      case Event::kChunk:
        break;
      case Event::kBody: {
        const std::span<const std::byte> part = decoder_.body();
        if (body.state != KeptBody::State::kWhole) break;
        const bool known_too_large =
            head().framing == BodyFraming::kContentLength && head().content_length > size_max;
        if (known_too_large || part.size() > size_max - body.bytes.size()) {
          body.state = KeptBody::State::kTooLarge;
        } else if (!keep_part(body, part)) {
          body.state = KeptBody::State::kNoMemory;
        }
        if (body.state != KeptBody::State::kWhole) {
          body.bytes = {};
          body.lease.release();
        }
        break;
      }
      case Event::kEnd:
        co_return BodyEnd::kComplete;
      case Event::kNeedInput:
        co_return BodyEnd::kCut;
      case Event::kHead:
      case Event::kError:
        co_return BodyEnd::kRefused;
    }
  }
}

// With BodyFraming::kNone the body has no size yet and ends with the connection.
Task<> Http1Exchange::write_head(const HttpResponseHead& response, BodyFraming framing) {
  const int status = plan_.status.value_or(response.status);
  const bool bodiless = status == 204 || status == 304;  // RFC 9110 section 6.4.1
  const bool empty = status == 205;                      // section 15.3.6
  facts_.status = status;
  silent_ = bodiless || empty || head().method == "HEAD";
  framing_ = framing;
  if (plan_.close || (framing == BodyFraming::kNone && !silent_)) keep_alive_ = false;
  // Requests that came with this one are answered too.
  const bool more_came = body_read_ && !unread_.empty();
  if (is_stopping() && !more_came) keep_alive_ = false;
  text_.clear();
  wire::append_status_line(text_, status);
  wire::append_field(text_, "Date", http_date_now());
  const std::string_view type =
      plan_.content_type.empty() ? response.content_type : std::string_view(plan_.content_type);
  if (!type.empty()) wire::append_field(text_, "Content-Type", type);
  // A browser neither guesses another type nor runs anything, whatever a client made us say.
  text_ += "X-Content-Type-Options: nosniff\r\n";
  wire::append_field(text_, "Content-Security-Policy", response.policy);
  if (compresses() && !bodiless && !empty) {
    wire::append_field(text_, "Content-Encoding", wire::name_of(coding_));
    if (!response.document) wire::append_field(text_, "Vary", "Accept-Encoding");
  }
  if (response.document) wire::append_field(text_, "Vary", "Accept, Accept-Encoding");
  // A cache's key has the query in it, but not the fields that ask for another answer, nor chance.
  const bool by_fields = settings_.control.enabled && head().controls;
  if (!response.cacheable || by_fields || plan_.by_chance) {
    text_ += "Cache-Control: no-store\r\n";
  }
  text_ += response.fields;
  text_ += plan_.fields;
  if (empty) {
    wire::append_field(text_, "Content-Length", "0");
  } else if (framing == BodyFraming::kChunked && !bodiless) {
    wire::append_field(text_, "Transfer-Encoding", "chunked");
  } else if (framing == BodyFraming::kContentLength && !bodiless) {
    wire::append_field(text_, "Content-Length", fmt::format_int(*response.size).c_str());
  }
  if (!keep_alive_) {
    wire::append_field(text_, "Connection", "close");
  } else if (head().version == HttpVersion::kHttp10) {
    wire::append_field(text_, "Connection", "keep-alive");
  }
  text_ += "\r\n";
  co_await output_.write(text_);
}

// A response that is only wanted compressed is sent as it is where there is no memory to spare.
void Http1Exchange::start_coder(const HttpResponseHead& response) {
  if (response.document && !response.size && !compresses() && !has_credentials()) {
    coding_ = wire::preferred_coding(wire::fields_of(head_bytes()));
  }
  if (!compresses() || coder_) return;
  coder_ = std::make_unique<Coder>(coding_, settings_.memory, session_.clock);
  if (coder_->lease.grow_to(wire::ContentEncoder::memory_size_max(coding_))) return;
  coder_.reset();
  coding_ = ContentCoding::kIdentity;
}

Task<> Http1Exchange::begin(const HttpResponseHead& response) {
  BodyFraming framing = BodyFraming::kContentLength;
  start_coder(response);
  if (!response.size || coder_) {
    const bool chunks = head().version == HttpVersion::kHttp11;
    framing = chunks ? BodyFraming::kChunked : BodyFraming::kNone;
  }
  co_await write_head(response, framing);
}

Task<> Http1Exchange::write(std::string_view part) {
  if (silent_ || part.empty()) co_return;
  if (coder_) {
    co_await write_coded(part);
  } else {
    co_await write_framed(part);
  }
}

Task<> Http1Exchange::write_coded(std::string_view part) {
  while (!part.empty()) {
    const std::string_view piece = part.substr(0, kCodedPieceSize);
    std::span<const std::byte> input = std::as_bytes(std::span(piece));
    bool done = false;
    while (!done) {
      wire::EncoderStep step = co_await coder_->encoder.encode(input, coder_->out);
      co_await write_coder_output(step.size);
      done = step.done;
    }
    part.remove_prefix(piece.size());
    if (coder_->slice.over()) co_await coder_->slice.renew();
  }
}

// Gets out of the encoder what it holds, or all that is left.
Task<> Http1Exchange::drain_encoder(bool finish) {
  while (true) {
    // Not in one expression: g++ 12 would evaluate both.
    Result<wire::EncoderStep> drained =
        finish ? coder_->encoder.finish(coder_->out) : coder_->encoder.flush(coder_->out);
    wire::EncoderStep step = co_await std::move(drained);
    co_await write_coder_output(step.size);
    if (step.done) co_return;
  }
}

Task<> Http1Exchange::write_coder_output(size_t size) {
  if (size == 0) co_return;
  co_await write_framed({reinterpret_cast<const char*>(coder_->out.data()), size});
}

Task<> Http1Exchange::begin_part(uint64_t size) {
  if (silent_ || coder_ || framing_ != BodyFraming::kChunked || size == 0) co_return;
  co_await begin_chunk(size);
}

Task<> Http1Exchange::begin_chunk(uint64_t size) {
  part_left_ = size;
  text_.clear();
  wire::append_chunk_size(text_, size);
  co_await output_.write(text_);
}

Task<> Http1Exchange::write_framed(std::string_view part) {
  facts_.response_body_size += part.size();
  if (framing_ != BodyFraming::kChunked) {
    co_await output_.write(part);
    co_return;
  }
  if (part_left_ == 0) co_await begin_chunk(part.size());
  ECHOD_CHECK(part.size() <= part_left_);
  co_await output_.write(part);
  part_left_ -= part.size();
  if (part_left_ == 0) co_await output_.write("\r\n");
}

Task<> Http1Exchange::flush() {
  if (coder_ && !silent_) co_await drain_encoder(false);
  co_await output_.flush();
}

Task<> Http1Exchange::end(std::string_view trailers) {
  if (coder_ && !silent_) co_await drain_encoder(true);
  coder_.reset();
  if (framing_ != BodyFraming::kChunked || silent_) co_return;
  if (trailers.empty()) {
    co_await output_.write(wire::kLastChunk);
    co_return;
  }
  co_await output_.write("0\r\n");
  co_await output_.write(trailers);
  co_await output_.write("\r\n");
}

Task<> Http1Exchange::answer(HttpResponseHead response, std::string_view body) {
  response.size = body.size();
  if (response.document && !compresses() && body.size() >= kCodedDocumentSizeMin &&
      !has_credentials()) {
    coding_ = wire::preferred_coding(wire::fields_of(head_bytes()));
  }
  if (!compresses()) {
    co_await begin(response);
    co_await write(body);
    co_await end();
    co_return;
  }
  std::string coded = co_await wire::encoded(coding_, body);
  response.size = coded.size();
  co_await write_head(response, BodyFraming::kContentLength);
  co_await write(coded);
  co_await end();
}

Task<BodyEnd> Http1Exchange::decline(int status, std::string_view text, std::string_view fields) {
  const bool has_body = head().framing == BodyFraming::kChunked || head().content_length > 0;
  if (!body_read_ && !has_body) {
    const Event event = decode();
    ECHOD_CHECK(event == Event::kEnd);
  }
  // A body that is still to come may be long, and is not worth waiting for.
  if (!body_read_) keep_alive_ = false;
  const bool close = plan_.close;
  plan_ = {};
  plan_.close = close;
  coding_ = ContentCoding::kIdentity;
  const std::string line = std::string(text) + "\n";
  HttpResponseHead response{.status = status, .content_type = "text/plain; charset=utf-8"};
  response.fields = fields;
  co_await answer(response, line);
  co_return BodyEnd::kComplete;
}

bool Http1Exchange::is_stopping() const { return session_.stopping(); }

bool Http1Exchange::has_credentials() const {
  for (const wire::Field& line : wire::fields_of(head_bytes())) {
    if (wire::is_credential_name(line.name)) return true;
  }
  return false;
}

Task<BodyEnd> Http1Exchange::decline_for_memory() {
  BodyEnd end = co_await decline(503, "no memory to spare for this request (--max-memory)",
                                 "Retry-After: 1\r\n");
  co_return end;
}

Task<bool> Http1Exchange::take_place() {
  const std::string source =
      session_.transport != nullptr ? session_.transport->identity().source : std::string();
  if (!peer_ended_) {
    place_ = state_.take_place(settings_.control.waiting_max, source);
    if (!place_) {
      co_await decline(503, "too many delayed responses, in all or from one source (--max-waiting)",
                       "Retry-After: 1\r\n");
      co_return false;
    }
  }
  co_return true;
}

Task<> Http1Exchange::pause(Duration duration) {
  co_await flush();
  if (duration <= Duration::zero()) co_return;
  const Time until = session_.clock.now() + duration;
  if (duration >= kWatchedPauseMin) co_await watch_client(until);
  if (session_.clock.now() < until) co_await session_.clock.sleep_until(until);
}

// Receives until `until`: what comes is kept for later, and that nothing more comes is remembered.
Task<> Http1Exchange::watch_client(Time until) {
  if (!unread_.empty() || peer_ended_) co_return;
  in_ = Chunk();
  const DeadlineScope scope(peer_, session_.deadlines, until);
  Result<Chunk> received = co_await peer_.receive().observed();
  if (received) {
    in_ = std::move(*received);
    unread_ = in_.bytes();
    peer_ended_ = !in_;
    if (peer_ended_) give_back_place();
  } else if (received.error().code != Errc::kTimeout) {
    co_await failed(received.error());
  }
}

}  // namespace echod
