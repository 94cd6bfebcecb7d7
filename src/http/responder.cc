#include "http/responder.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/date.h"
#include "wire/http/credentials.h"
#include "wire/http/status.h"

namespace echod::http {
namespace {

// Bytes compressed between two checks of the clock: with gzip about half a millisecond.
constexpr size_t kCodedPieceSize = 4096;

// During pauses of at least this length the client is watched for disconnection.
constexpr Duration kWatchedPauseMin = std::chrono::milliseconds(20);

// Smaller documents would hardly shrink.
constexpr size_t kCodedDocumentSizeMin = 256;

// Fields of nearly every response, as text that needs no check.
constexpr FieldList kNoSniff("X-Content-Type-Options: nosniff\r\n");
constexpr FieldList kNoSniffInSandbox(
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: sandbox; default-src 'none'\r\n");
constexpr FieldList kNoStore("Cache-Control: no-store\r\n");
static_assert(kNoSniffInSandbox.text().contains(kSandboxPolicy));

}  // namespace

using wire::ContentCoding;
using Kind = BodyPart::Kind;

void Responder::begin_request(bool understood) {
  if (has_plan_) plan_ = {};
  has_plan_ = false;
  coding_ = ContentCoding::kIdentity;
  coder_.reset();
  permit_.reset();
  begun_ = false;
  silent_ = false;
  closing_ = false;
  upgrade_ = {};
  facts_ = {};
  if (settings_.observer == nullptr) return;
  begin_ = session_.clock.now() - exchange_.head_duration();
  if (understood) facts_.request = request();
}

void Responder::end_request() {
  if (settings_.observer != nullptr) {
    facts_.duration = session_.clock.precise_now() - begin_;
    settings_.observer->answered(session_, facts_);
  }
  permit_.reset();
}

void Responder::set_plan(ResponsePlan plan) {
  plan_ = std::move(plan);
  has_plan_ = true;
  const bool wanted = plan_.gzip && wire::coding_weight(request().fields, ContentCoding::kGzip) > 0;
  // A link can request gzip, so the compressed size must not leak the credentials of the user who
  // follows it.
  if (wanted && !has_credentials()) coding_ = ContentCoding::kGzip;
}

BodyPart Responder::poll_body() {
  BodyPart part = exchange_.poll_body();
  facts_.request_body_size += part.bytes.size();
  return part;
}

Task<> Responder::wait_for_body() {
  if (coder_ && !silent_) co_await drain_encoder(false);
  co_await exchange_.wait_for_body();
}

Task<BodyPart> Responder::next_body_part() {
  while (true) {
    BodyPart part = poll_body();
    if (part.kind != Kind::kPending) co_return std::move(part);
    co_await wait_for_body();
  }
}

Task<BodyEnd> Responder::drop_body() {
  KeptBody none(settings_);
  BodyEnd end = co_await keep_body(none, 0);
  co_return end;
}

// Appends `part`. False: out of memory.
bool Responder::keep_part(KeptBody& body, const BodyPart& part) {
  const size_t size = body.bytes.size() + part.bytes.size();
  if (size > body.bytes.capacity()) {
    // All at once if the size is known, so that the budget is checked before much was read.
    const bool known = request().framing == BodyFraming::kContentLength;
    const size_t capacity = known ? static_cast<size_t>(request().content_length)
                                  : std::max(size, 2 * body.bytes.capacity());
    if (capacity > kFreeBodySize && !body.lease.grow_to(capacity)) return false;
    body.bytes.reserve(capacity);
  }
  body.bytes.append(part.text());
  return true;
}

Task<BodyEnd> Responder::keep_body(KeptBody& body, size_t size_max) {
  const bool known_too_large =
      request().framing == BodyFraming::kContentLength && request().content_length > size_max;
  while (true) {
    const BodyPart part = poll_body();
    switch (part.kind) {
      case Kind::kPending:
        break;
      case Kind::kChunk:
        continue;
      case Kind::kData:
        if (body.state != KeptBody::State::kWhole) continue;
        if (known_too_large || part.bytes.size() > size_max - body.bytes.size()) {
          body.state = KeptBody::State::kTooLarge;
        } else if (!keep_part(body, part)) {
          body.state = KeptBody::State::kNoMemory;
        }
        if (body.state != KeptBody::State::kWhole) {
          body.bytes = {};
          body.lease.release();
        }
        continue;
      case Kind::kEnd:
        co_return BodyEnd::kComplete;
      case Kind::kMalformed:
        co_return BodyEnd::kMalformed;
      case Kind::kCut:
        co_return BodyEnd::kCut;
    }
    co_await wait_for_body();
  }
}

void Responder::compose_fields(const Response& response, int status) {
  const bool may_have_content = has_content("GET", status);
  const AnswerPolicy* policy = settings_.policy.get();
  fields_.clear();
  fields_.add(http_date_field());
  const std::string_view type =
      plan_.content_type.empty() ? response.content_type : std::string_view(plan_.content_type);
  if (!type.empty()) fields_.add("Content-Type", type);
  // A browser neither guesses another type nor runs anything, whatever a client made us say.
  if (response.policy != kSandboxPolicy) {
    fields_.add(kNoSniff);
    fields_.add("Content-Security-Policy", response.policy);
  } else {
    fields_.add(policy != nullptr && policy->unsafe ? kNoSniff : kNoSniffInSandbox);
  }
  const bool is_coded = compresses() && may_have_content;
  if (is_coded) fields_.add("Content-Encoding", wire::name_of(coding_));
  const bool by_origin = policy != nullptr && policy->cors.depends_on_origin();
  if (response.document) {
    fields_.add("Vary", by_origin ? "Accept, Accept-Encoding, Origin" : "Accept, Accept-Encoding");
  } else if (is_coded) {
    fields_.add("Vary", by_origin ? "Accept-Encoding, Origin" : "Accept-Encoding");
  } else if (by_origin) {
    fields_.add("Vary", "Origin");
  }
  // A cache key contains the query, but neither the response control headers nor random choices.
  const bool by_fields = settings_.control.enabled && request().has_noted_field;
  if ((!response.cacheable || by_fields || plan_.by_chance) && !plan_.sets_caching) {
    fields_.add(kNoStore);
  }
  fields_.add(settings_.environment.field());
  fields_.add(response.fields);
  fields_.add(plan_.fields.list());
  if (policy != nullptr) policy->cors.add_fields(fields_, request());
}

Task<> Responder::begin_with(const Response& response, std::optional<uint64_t> size) {
  const int status = plan_.status.value_or(response.status);
  facts_.status = status;
  silent_ = !has_content(request().method, status);
  begun_ = true;
  compose_fields(response, status);
  const ResponseHead head{.status = status,
                          .fields = fields_.list(),
                          .size = size,
                          .close = plan_.close || closing_,
                          .upgrade = upgrade_};
  return exchange_.begin(head);
}

// Compresses a document if the client accepts a content coding.
void Responder::choose_coding(const Response& response) {
  if (response.document && !compresses() && !has_credentials()) {
    coding_ = wire::preferred_coding(request().fields);
  }
}

// If the memory limit is reached, the response is sent uncompressed.
void Responder::start_coder() {
  if (!compresses() || coder_) return;
  coder_ = std::make_unique<Coder>(coding_, settings_.memory, session_.clock);
  if (coder_->lease.grow_to(wire::ContentEncoder::memory_size_max(coding_))) return;
  coder_.reset();
  coding_ = ContentCoding::kIdentity;
}

Task<> Responder::begin(const Response& response) {
  if (!response.size) choose_coding(response);
  start_coder();
  return begin_with(response, coder_ ? std::nullopt : response.size);
}

Task<> Responder::begin_chunk(uint64_t size) {
  if (silent_ || coder_ || size == 0) co_return;
  co_await exchange_.begin_chunk(size);
}

Task<> Responder::write(std::string_view part) {
  if (silent_ || part.empty()) co_return;
  if (coder_) {
    co_await write_coded(part);
  } else {
    facts_.response_body_size += part.size();
    co_await exchange_.write(part);
  }
}

// The common case is the exchange's own task, without a frame around it.
Task<> Responder::write(BodyPart part) {
  if (silent_ || coder_) return write_unusual(std::move(part));
  facts_.response_body_size += part.bytes.size();
  return exchange_.write(std::move(part));
}

Task<> Responder::write_unusual(BodyPart part) {
  if (!silent_) co_await write_coded(part.text());
}

Task<> Responder::write_coded(std::string_view part) {
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

// Writes the encoder's buffered output, or all of its remaining output.
Task<> Responder::drain_encoder(bool finish) {
  while (true) {
    // Not in one expression: g++ 12 would evaluate both.
    Result<wire::EncoderStep> drained =
        finish ? coder_->encoder.finish(coder_->out) : coder_->encoder.flush(coder_->out);
    wire::EncoderStep step = co_await std::move(drained);
    co_await write_coder_output(step.size);
    if (step.done) co_return;
  }
}

Task<> Responder::write_coder_output(size_t size) {
  if (size == 0) co_return;
  facts_.response_body_size += size;
  co_await exchange_.write({reinterpret_cast<const char*>(coder_->out.data()), size});
}

Task<> Responder::flush() {
  if (coder_ && !silent_) co_await drain_encoder(false);
  co_await exchange_.flush();
}

Task<> Responder::end(FieldList trailers) {
  return coder_ ? end_coded(trailers) : exchange_.end(trailers);
}

Task<> Responder::end_coded(FieldList trailers) {
  if (!silent_) co_await drain_encoder(true);
  coder_.reset();
  co_await exchange_.end(trailers);
}

Task<> Responder::answer(Response response, std::string_view body) {
  response.size = body.size();
  if (body.size() >= kCodedDocumentSizeMin) choose_coding(response);
  if (compresses()) {
    std::string coded = co_await wire::encoded(coding_, body);
    co_await begin_with(response, coded.size());
    co_await write(std::string_view(coded));
  } else {
    co_await begin_with(response, body.size());
    co_await write(body);
  }
  co_await end();
}

Task<BodyEnd> Responder::decline(int status, std::string_view text, FieldList fields) {
  if (!exchange_.body_read() && !request().has_body()) {
    const BodyPart end = poll_body();
    ECHOD_CHECK(end.kind == Kind::kEnd);
  }
  // The rest of the body may be long, and is not worth waiting for.
  if (!exchange_.body_read()) exchange_.abandon_body();
  closing_ = closing_ || plan_.close;
  plan_ = {};
  coding_ = ContentCoding::kIdentity;
  const std::string line = std::string(text) + "\n";
  const Response response{
      .status = status, .content_type = "text/plain; charset=utf-8", .fields = fields};
  co_await answer(response, line);
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> Responder::decline_for_memory() {
  FieldBuffer fields;
  fields.add("Retry-After", "1");
  BodyEnd end = co_await decline(503, "memory limit reached (--max-memory)", fields.list());
  co_return end;
}

Task<> Responder::refuse(Refusal refusal) {
  plan_ = {};
  coding_ = ContentCoding::kIdentity;
  closing_ = true;
  exchange_.abandon_body();
  facts_.refusal = refusal.rule;
  std::string why(refusal.rule);
  if (refusal.at > 0) why += fmt::format(", at byte {} of the request", refusal.at);
  session_.report_refused(refusal.status, why);
  // "400 Bad Request\r\nthere is no Host header, at byte 19 of the request\r\n"
  const std::string body =
      fmt::format("{} {}\r\n{}\r\n", refusal.status, wire::reason_phrase(refusal.status), why);
  upgrade_ = refusal.upgrade;
  const Response response{
      .status = refusal.status, .content_type = "text/plain", .fields = refusal.fields};
  co_await answer(response, body);
}

void Responder::cut() {
  facts_.complete = false;
  exchange_.cut();
}

bool Responder::has_credentials() const {
  for (const Field& field : request().fields) {
    if (wire::is_credential_name(field.name)) return true;
  }
  return false;
}

Task<bool> Responder::acquire_permit() {
  if (exchange_.client_ended()) co_return true;
  const std::string source =
      session_.transport != nullptr ? session_.transport->identity().source : std::string();
  permit_ = state_.acquire_permit(settings_.control.waiting_max, source);
  if (permit_) co_return true;
  FieldBuffer fields;
  fields.add("Retry-After", "1");
  co_await decline(503, "too many delayed responses, in all or from one source (--max-waiting)",
                   fields.list());
  co_return false;
}

Task<> Responder::pause(Duration duration) {
  co_await flush();
  if (duration <= Duration::zero()) co_return;
  const Time until = session_.clock.now() + duration;
  if (duration >= kWatchedPauseMin) {
    co_await exchange_.watch_client(until);
    if (exchange_.client_ended()) release_permit();
  }
  if (session_.clock.now() < until) co_await session_.clock.sleep_until(until);
}

}  // namespace echod::http
