#include "protocol/http1_echo.h"

#include "protocol/http_generated.h"
#include "protocol/http_page.h"
#include "protocol/http_reflection.h"
#include "protocol/response_fields.h"

namespace echod {
namespace {

using wire::BodyFraming;
using Event = Http1Exchange::Event;

std::string_view text_in(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// As it comes, compressed: in chunks of its own, and all of what came before each wait.
Task<BodyEnd> stream_compressed(Http1Exchange& exchange) {
  const HttpResponseHead response{.content_type =
                                      wire::safe_content_type(exchange.head().content_type)};
  bool begun = false;
  while (true) {
    const Event event = exchange.decode();
    if (event == Event::kError) co_return begun ? BodyEnd::kCut : BodyEnd::kRefused;
    if (event == Event::kNeedInput) {
      co_await exchange.flush();
      bool more = co_await exchange.receive_more();
      if (!more) co_return BodyEnd::kCut;
      continue;
    }
    if (!begun) co_await exchange.begin(response);
    begun = true;
    if (event == Event::kEnd) break;
    if (event == Event::kBody) co_await exchange.write(text_in(exchange.decoder().body()));
  }
  co_await exchange.end();
  co_return BodyEnd::kComplete;
}

// The response's head goes with the body's first part, so that a body which is wrong from its start
// can still be refused.
Task<BodyEnd> stream_body(Http1Exchange& exchange) {
  const wire::RequestHead& head = exchange.head();
  const bool chunked = head.framing == BodyFraming::kChunked;
  BufferedWriter& output = exchange.output();
  std::string& text = exchange.scratch();
  bool begun = false;
  uint64_t chunk_left = 0;  // bytes of the chunk under way
  while (true) {
    const Event event = exchange.decode();
    if (event == Event::kError) co_return begun ? BodyEnd::kCut : BodyEnd::kRefused;
    if (event == Event::kNeedInput) {
      co_await output.flush();
      bool more = co_await exchange.receive_more();
      if (!more) co_return BodyEnd::kCut;
      continue;
    }
    if (!begun) {
      std::string fields;
      const bool more_fields = head.content_coded || (chunked && head.trailers_announced);
      if (more_fields) fields = echoed_fields(exchange.head_bytes());
      const HttpResponseHead response{.content_type = wire::safe_content_type(head.content_type),
                                      .size = head.content_length,
                                      .fields = fields};
      co_await exchange.write_head(response, head.framing);
      begun = true;
    }
    if (event == Event::kEnd) break;
    if (exchange.silent()) continue;
    if (event == Event::kChunk) {
      chunk_left = exchange.decoder().chunk_size();
      text.clear();
      wire::append_chunk_size(text, chunk_left);
      co_await output.write(text);
      continue;
    }
    std::span<const std::byte> part = exchange.decoder().body();
    const bool chunk_ends = chunked && part.size() == chunk_left;
    if (chunked) chunk_left -= part.size();
    exchange.count_body(part.size());
    co_await output.pass(exchange.received(), part);
    if (chunk_ends) co_await output.write("\r\n");
  }
  std::string trailers;
  const std::string_view came = exchange.decoder().trailer_bytes();
  if (!came.empty()) trailers = echoed_trailers(came);
  co_await exchange.end(trailers);
  co_return BodyEnd::kComplete;
}

}  // namespace

Task<BodyEnd> echo_body(Http1Exchange& exchange, std::string_view argument) {
  BodyEnd end = BodyEnd::kComplete;
  const std::optional<uint64_t> size = exchange.plan().size;
  if (size) {
    end = co_await answer_generated(exchange, *size);
  } else if (exchange.head().framing == BodyFraming::kNone) {
    end = co_await reflect(exchange, argument);
  } else if (exchange.compresses() && !exchange.head().content_coded) {
    end = co_await stream_compressed(exchange);
  } else {
    exchange.do_not_compress();  // what is coded already is not coded again
    end = co_await stream_body(exchange);
  }
  co_return end;
}

Task<BodyEnd> echo_raw(Http1Exchange& exchange, std::string_view) {
  const wire::RequestHead& head = exchange.head();
  const std::string_view head_bytes = exchange.head_bytes();
  HttpResponseHead response{.content_type = "application/octet-stream"};
  if (head.framing != BodyFraming::kChunked) {
    response.size = head_bytes.size() + head.content_length;
  }
  co_await exchange.begin(response);
  std::string_view raw = head_bytes;
  Event event = Event::kHead;
  while (true) {
    co_await exchange.write(raw);
    if (event == Event::kEnd) break;
    if (event == Event::kNeedInput) {
      co_await exchange.flush();
      bool more = co_await exchange.receive_more();
      if (!more) co_return BodyEnd::kCut;
    }
    const std::span<const std::byte> before = exchange.unread();
    event = exchange.decode();
    if (event == Event::kError) co_return BodyEnd::kCut;
    raw = text_in(before.first(before.size() - exchange.unread().size()));
  }
  co_await exchange.end();
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> reflect(Http1Exchange& exchange, std::string_view) {
  ReflectedBody facts;
  BodyEnd read = co_await read_reflected(exchange, facts);
  if (read != BodyEnd::kComplete) co_return read;
  if (wants_http_page(exchange.head(), exchange.head_bytes())) {
    const HttpResponseHead page{
        .content_type = "text/html; charset=utf-8", .policy = http_page_policy(), .document = true};
    co_await exchange.answer(page, http_page());
    co_return BodyEnd::kComplete;
  }
  const ReflectedRequest request{.head = exchange.head(),
                                 .head_bytes = exchange.head_bytes(),
                                 .body = facts,
                                 .session = exchange.session(),
                                 .head_duration = exchange.head_duration()};
  const bool as_text = prefers_text(request.head_bytes);
  HttpResponseHead response{.content_type =
                                as_text ? "text/plain; charset=utf-8" : "application/json"};
  HttpDocument document(exchange, response);
  JsonWriter json(2);
  if (as_text) {
    co_await reflect_as_text(document, request);
  } else {
    co_await reflect_as_json(document, json, request);
  }
  co_await document.end();
  co_return BodyEnd::kComplete;
}

Task<BodyEnd> read_reflected(Http1Exchange& exchange, ReflectedBody& facts) {
  while (true) {
    Event event = co_await exchange.next_event();
    switch (event) {
      case Event::kChunk:
        if (facts.chunks.size() < kReflectedChunksMax)
          facts.chunks.push_back(exchange.decoder().chunk_size());
        break;
      case Event::kBody:
        facts.size += exchange.decoder().body().size();
        break;
      case Event::kNeedInput:
        co_return BodyEnd::kCut;
      case Event::kEnd:
        facts.trailers = exchange.decoder().trailer_bytes();
        co_return BodyEnd::kComplete;
      case Event::kHead:
      case Event::kError:
        co_return BodyEnd::kRefused;
    }
  }
}

}  // namespace echod
