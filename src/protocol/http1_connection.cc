#include "protocol/http1_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "protocol/http_date.h"
#include "protocol/http_page.h"
#include "protocol/http_routes.h"
#include "protocol/linger.h"
#include "protocol/websocket_connection.h"
#include "wire/http1_head.h"

namespace echod {
namespace {

using wire::BodyFraming;
using wire::HttpVersion;
using Event = wire::RequestDecoder::Event;

// A browser runs nothing, whatever a client made us say.
constexpr std::string_view kSandbox = "sandbox; default-src 'none'";

std::optional<wire::DeflatePolicy> policy_of(WebSocketCompression compression) {
  if (compression == WebSocketCompression::kOff) return std::nullopt;
  const bool alone = compression == WebSocketCompression::kMessage;
  return wire::DeflatePolicy{.server_no_context_takeover = alone,
                             .client_no_context_takeover = alone};
}

wire::WebSocketFields websocket_fields(std::string_view head_bytes) {
  wire::WebSocketFields fields;
  for (const wire::FieldLine& line : wire::fields_of(head_bytes)) {
    fields.take(line.name, line.value());
  }
  return fields;
}

}  // namespace

Http1Connection::Http1Connection(Stream& peer, Session& session, const HttpSettings& settings)
    : peer_(peer),
      session_(session),
      settings_(settings),
      decoder_(settings.limits),
      output_(peer, session.buffers) {}

Task<> Http1Connection::serve() {
  while (keep_alive_) {
    Head head = co_await read_head();
    if (head == Head::kNone) {
      co_await output_.flush();
      co_await peer_.finish_sending();
      co_return;
    }
    ++session_.requests;
    if (head == Head::kRefused) {
      co_await refuse(refusal_);
    } else {
      co_await answer();
    }
  }
  if (upgraded_) co_return;
  co_await output_.flush();
  unread_ = {};
  in_ = Chunk();
  co_await finish_and_linger(peer_, session_, settings_.linger_timeout);
}

// Reads up to the end of a request's head.
Task<Http1Connection::Head> Http1Connection::read_head() {
  while (true) {
    Event event = decoder_.next(unread_);
    if (event == Event::kHead) {
      head_duration_ = Duration::zero();
      if (head_deadline_set_) {
        head_duration_ = session_.clock.now() - head_begin_;
        peer_.expires_at(kNever);
      }
      head_deadline_set_ = false;
      co_return Head::kComplete;
    }
    if (event == Event::kError) {
      refusal_ = decoder_.error_status();
      co_return Head::kRefused;
    }
    ECHOD_CHECK(event == Event::kNeedInput);
    co_await output_.flush();
    bool begun = decoder_.in_request();
    if (begun && !head_deadline_set_) {
      head_begin_ = session_.clock.now();
      peer_.expires_at(deadline_after(head_begin_, settings_.head_timeout));
      head_deadline_set_ = true;
    }
    session_.idle = !begun;
    Result<bool> received = co_await receive_more().observed();
    session_.idle = false;
    if (!received && begun && received.error().code == Errc::kTimeout) {
      peer_.expires_at(kNever);
      refusal_ = 408;
      co_return Head::kRefused;
    }
    bool drained = !received && !begun && received.error().code == Errc::kAborted;
    if (drained) co_return Head::kNone;
    bool more = co_await std::move(received);
    if (!more) co_return Head::kNone;
  }
}

// Replaces the decoded input by the next. Returns whether there is any.
Task<bool> Http1Connection::receive_more() {
  ECHOD_CHECK(unread_.empty());
  in_ = Chunk();  // no buffer is held while waiting
  in_ = co_await peer_.receive();
  unread_ = in_.bytes();
  co_return static_cast<bool>(in_);
}

// A response to TRACE would show a script what the browser hides from it, and one to CONNECT would
// promise a tunnel.
bool Http1Connection::refused_method() const {
  std::string_view method = decoder_.head().method;
  return method == "TRACE" || method == "CONNECT";
}

// The rest of the connection belongs to WebSocket, where the handshake is right.
Task<> Http1Connection::upgrade(const wire::WebSocketFields& fields) {
  const wire::RequestHead& head = decoder_.head();
  const auto acceptance = wire::accept_websocket(head.method, head.version, fields,
                                                 policy_of(settings_.websocket.compression));
  if (!acceptance) {
    co_await refuse(acceptance.error());
    co_return;
  }
  text_.clear();
  wire::append_websocket_answer(text_, *acceptance);
  co_await output_.write(text_);
  co_await output_.flush();
  session_.protocol = "websocket";
  keep_alive_ = false;
  upgraded_ = true;
  in_.drop_front(in_.size() - unread_.size());
  unread_ = {};
  WebSocketConnection connection(peer_, session_, settings_, acceptance->deflate);
  co_await connection.serve(std::move(in_));
}

Task<> Http1Connection::answer() {
  const wire::RequestHead& head = decoder_.head();
  keep_alive_ = head.keep_alive;
  if (refused_method()) {
    co_await refuse(405);
    co_return;
  }
  const bool may_upgrade = head.method == "GET" && head.version == HttpVersion::kHttp11 &&
                           head.framing != BodyFraming::kChunked && head.content_length == 0;
  if (may_upgrade) {
    const wire::WebSocketFields fields = websocket_fields(decoder_.head_bytes());
    if (fields.wants_websocket()) {
      co_await upgrade(fields);
      co_return;
    }
  }
  if (head.expects_continue && unread_.empty()) {
    co_await output_.write(wire::kContinueResponse);
    co_await output_.flush();
  }
  Body body = Body::kComplete;
  switch (answer_to(head)) {
    case HttpAnswer::kEcho:
      body = co_await echo_body();
      break;
    case HttpAnswer::kReflection:
      body = co_await reflect();
      break;
    case HttpAnswer::kRawRequest:
      body = co_await echo_raw();
      break;
  }
  if (body == Body::kComplete) {
    decoder_.reset();
  } else if (body == Body::kRefused) {
    co_await refuse(decoder_.error_status());
  } else {
    keep_alive_ = false;  // the response is cut as the request was
  }
}

// `length` counts where the response is not chunked.
void Http1Connection::compose_head(BodyFraming framing, uint64_t length,
                                   std::string_view content_type, bool is_page) {
  text_.clear();
  wire::append_status_line(text_, 200);
  wire::append_field(text_, "Date", http_date_now());
  wire::append_field(text_, "Content-Type", content_type);
  wire::append_field(text_, "X-Content-Type-Options", "nosniff");  // no guess at another type
  wire::append_field(text_, "Content-Security-Policy", is_page ? http_page_policy() : kSandbox);
  if (is_page) {
    // A program that asks for the same gets something else.
    wire::append_field(text_, "Vary", "Accept");
    wire::append_field(text_, "Cache-Control", "no-store");
  }
  if (framing == BodyFraming::kChunked) {
    wire::append_field(text_, "Transfer-Encoding", "chunked");
  } else {
    wire::append_field(text_, "Content-Length", fmt::format_int(length).c_str());
  }
  if (!keep_alive_) {
    wire::append_field(text_, "Connection", "close");
  } else if (decoder_.head().version == HttpVersion::kHttp10) {
    wire::append_field(text_, "Connection", "keep-alive");
  }
  text_ += "\r\n";
}

// Sends the request's body back as it comes, in the same chunks; for HEAD, only takes it in. The
// response's head goes with the body's first part, so that a body which is wrong from its start can
// still be refused.
Task<Http1Connection::Body> Http1Connection::echo_body() {
  const wire::RequestHead& head = decoder_.head();
  bool silent = head.method == "HEAD";
  bool chunked = head.framing == BodyFraming::kChunked;
  bool begun = false;
  uint64_t chunk_left = 0;  // bytes of the chunk under way
  while (true) {
    Event event = decoder_.next(unread_);
    if (event == Event::kError) co_return begun ? Body::kCut : Body::kRefused;
    if (event == Event::kNeedInput) {
      co_await output_.flush();
      bool more = co_await receive_more();
      if (!more) co_return Body::kCut;
      continue;
    }
    if (!begun) {
      compose_head(head.framing, head.content_length, wire::safe_content_type(head.content_type));
      co_await output_.write(text_);
      begun = true;
    }
    if (event == Event::kEnd) break;
    if (silent) continue;
    if (event == Event::kChunk) {
      chunk_left = decoder_.chunk_size();
      text_.clear();
      wire::append_chunk_size(text_, chunk_left);
      co_await output_.write(text_);
      continue;
    }
    std::span<const std::byte> part = decoder_.body();
    const bool chunk_ends = chunked && part.size() == chunk_left;
    if (chunked) chunk_left -= part.size();
    co_await output_.pass(in_, part);
    if (chunk_ends) co_await output_.write("\r\n");
  }
  if (chunked && !silent) co_await output_.write(wire::kLastChunk);
  co_return Body::kComplete;
}

// Sends the request's bytes back as they came: its head, and its body with all of its framing.
Task<Http1Connection::Body> Http1Connection::echo_raw() {
  const wire::RequestHead& head = decoder_.head();
  const bool silent = head.method == "HEAD";
  const bool chunked = head.framing == BodyFraming::kChunked;
  const std::string_view head_bytes = decoder_.head_bytes();
  compose_head(head.framing, head_bytes.size() + head.content_length, "application/octet-stream");
  co_await output_.write(text_);
  std::span<const std::byte> raw = std::as_bytes(std::span(head_bytes));
  Event event = Event::kHead;
  while (true) {
    if (!silent && chunked) {
      co_await write_chunk(raw);
    } else if (!silent) {
      co_await output_.write({reinterpret_cast<const char*>(raw.data()), raw.size()});
    }
    if (event == Event::kEnd) break;
    if (event == Event::kNeedInput) {
      co_await output_.flush();
      bool more = co_await receive_more();
      if (!more) co_return Body::kCut;
    }
    raw = unread_;
    event = decoder_.next(unread_);
    if (event == Event::kError) co_return Body::kCut;
    raw = raw.first(raw.size() - unread_.size());
  }
  if (chunked && !silent) co_await output_.write(wire::kLastChunk);
  co_return Body::kComplete;
}

Task<> Http1Connection::write_chunk(std::span<const std::byte> bytes) {
  if (bytes.empty()) co_return;
  text_.clear();
  wire::append_chunk_size(text_, bytes.size());
  co_await output_.write(text_);
  co_await output_.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  co_await output_.write("\r\n");
}

// Answers with what the request looked like, once it has come to its end.
Task<Http1Connection::Body> Http1Connection::reflect() {
  ReflectedBody facts;
  Body read = co_await read_body(facts);
  if (read != Body::kComplete) co_return read;
  const wire::RequestHead& head = decoder_.head();
  if (wants_http_page(head, decoder_.head_bytes())) {
    const std::string_view page = http_page();
    compose_head(BodyFraming::kContentLength, page.size(), "text/html; charset=utf-8", true);
    co_await output_.write(text_);
    if (head.method != "HEAD") co_await output_.write(page);
    co_return Body::kComplete;
  }
  const ReflectedRequest request{.head = head,
                                 .head_bytes = decoder_.head_bytes(),
                                 .body = facts,
                                 .session = session_,
                                 .head_duration = head_duration_};
  const bool as_text = prefers_text(request.head_bytes);
  const std::string document = as_text ? reflect_as_text(request) : reflect_as_json(request);
  compose_head(BodyFraming::kContentLength, document.size(),
               as_text ? "text/plain; charset=utf-8" : "application/json");
  co_await output_.write(text_);
  if (head.method != "HEAD") co_await output_.write(document);
  co_return Body::kComplete;
}

// Takes the body in, and keeps what can be said of it.
Task<Http1Connection::Body> Http1Connection::read_body(ReflectedBody& facts) {
  while (true) {
    Event event = decoder_.next(unread_);
    switch (event) {
      case Event::kChunk:
        if (facts.chunks.size() < kReflectedChunksMax)
          facts.chunks.push_back(decoder_.chunk_size());
        break;
      case Event::kBody:
        facts.size += decoder_.body().size();
        break;
      case Event::kNeedInput: {
        co_await output_.flush();
        bool more = co_await receive_more();
        if (!more) co_return Body::kCut;
        break;
      }
      case Event::kEnd:
        facts.trailers = decoder_.trailer_bytes();
        co_return Body::kComplete;
      case Event::kHead:
      case Event::kError:
        co_return Body::kRefused;
    }
  }
}

// Answers with an error, the last answer on this connection: after a request that was not
// understood, nothing that follows can be trusted to be one.
Task<> Http1Connection::refuse(int status) {
  keep_alive_ = false;
  compose_refusal(status);
  co_await output_.write(text_);
}

void Http1Connection::compose_refusal(int status) {
  std::string status_line;
  wire::append_status_line(status_line, status);
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  std::string body = status_line.substr(kVersion.size());  // "400 Bad Request\r\n"
  text_ = status_line;
  wire::append_field(text_, "Date", http_date_now());
  wire::append_field(text_, "Content-Type", "text/plain");
  wire::append_field(text_, "X-Content-Type-Options", "nosniff");
  wire::append_field(text_, "Content-Security-Policy", kSandbox);
  wire::append_field(text_, "Content-Length", fmt::format_int(body.size()).c_str());
  if (status == 405) {
    wire::append_field(text_, "Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
  }
  if (status == 426) {
    wire::append_field(text_, "Upgrade", "websocket");
    wire::append_field(text_, "Sec-WebSocket-Version", wire::kWebSocketVersion);
  }
  // A field that is for the next hop alone is named there (RFC 9110 section 7.6.1).
  wire::append_field(text_, "Connection", status == 426 ? "close, Upgrade" : "close");
  text_ += "\r\n";
  text_ += body;
}

}  // namespace echod
