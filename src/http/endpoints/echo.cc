#include "http/endpoints/echo.h"

#include "http/content_type.h"
#include "http/endpoints/generated.h"
#include "http/endpoints/reflection.h"
#include "http/response_fields.h"

namespace echod::http {
namespace {

using Kind = BodyPart::Kind;

// The Content-Type of an echo.
std::string_view echoed_type(const Responder& responder) {
  const std::string_view type = responder.request().content_type;
  const AnswerPolicy* policy = responder.settings().policy.get();
  if (policy != nullptr && policy->unsafe && !type.empty()) return type;
  return safe_content_type(type);
}

// The response's head is sent with the first part of the body, so that a body that is malformed
// from its start still gets an error response.
Task<BodyEnd> stream_body(Responder& responder) {
  while (true) {
    BodyPart part = responder.poll_body();
    if (part.kind == Kind::kMalformed) co_return BodyEnd::kMalformed;
    if (part.kind == Kind::kCut) co_return BodyEnd::kCut;
    if (part.kind == Kind::kPending) {
      co_await responder.wait_for_body();
      continue;
    }
    if (!responder.begun()) {
      const Request& request = responder.request();
      FieldBuffer fields;
      if (request.content_coded || request.trailers_announced) {
        fields = echoed_fields(request.fields);
      }
      Response response{.content_type = echoed_type(responder), .fields = fields.list()};
      if (request.framing == BodyFraming::kContentLength) response.size = request.content_length;
      co_await responder.begin(response);
    }
    if (part.kind == Kind::kEnd) break;
    if (part.kind == Kind::kChunk) {
      co_await responder.begin_chunk(part.size);
    } else {
      co_await responder.write(std::move(part));
    }
  }
  FieldBuffer trailers;
  if (!responder.trailers().empty()) trailers = echoed_trailers(responder.trailers());
  co_await responder.end(trailers.list());
  co_return BodyEnd::kComplete;
}

// Responds with `text` (--answer-body) instead of an echo.
Task<BodyEnd> answer_text(Responder& responder, std::string_view text) {
  BodyEnd end = co_await responder.drop_body();
  if (end != BodyEnd::kComplete) co_return end;
  const Response response{.content_type = "text/plain; charset=utf-8"};
  co_await responder.answer(response, text);
  co_return BodyEnd::kComplete;
}

}  // namespace

// The endpoint's own task, without a frame around it.
Task<BodyEnd> echo_body(Responder& responder, std::string_view argument) {
  const std::optional<uint64_t> size = responder.plan().size;
  if (size) return answer_generated(responder, *size);
  if (responder.plan().body != nullptr) return answer_text(responder, *responder.plan().body);
  if (responder.request().framing == BodyFraming::kNone) return reflect(responder, argument);
  // Do not compress a body that already has a Content-Encoding.
  if (responder.request().content_coded) responder.do_not_compress();
  return stream_body(responder);
}

Task<BodyEnd> echo_raw(Responder& responder, std::string_view) {
  const Request& request = responder.request();
  Response response{.content_type = "application/octet-stream"};
  if (request.framing != BodyFraming::kChunked) {
    response.size = request.raw.size() + request.content_length;
  }
  co_await responder.begin(response);
  co_await responder.write(request.raw);
  while (true) {
    const BodyPart part = responder.poll_body();
    if (part.kind == Kind::kMalformed) co_return BodyEnd::kMalformed;
    if (part.kind == Kind::kCut) co_return BodyEnd::kCut;
    const std::string_view raw(reinterpret_cast<const char*>(part.raw.data()), part.raw.size());
    co_await responder.write(raw);
    if (part.kind == Kind::kEnd) break;
    if (part.kind == Kind::kPending) co_await responder.wait_for_body();
  }
  co_await responder.end();
  co_return BodyEnd::kComplete;
}

}  // namespace echod::http
