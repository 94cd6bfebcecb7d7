#include "protocol/http1_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "protocol/http_date.h"

namespace echod {
namespace {

using wire::BodyFraming;
using wire::HttpVersion;
using Event = wire::RequestDecoder::Event;

// A part of a body up to this size is copied behind what is gathered already: a copy of a few
// kilobytes costs less than a send of its own.
constexpr size_t kGatherMax = 4096;

}  // namespace

Http1Connection::Http1Connection(Stream& peer, Session& session, const HttpSettings& settings)
    : peer_(peer), session_(session), settings_(settings), decoder_(settings.limits) {}

Task<> Http1Connection::serve() {
  while (keep_alive_) {
    Head head = co_await read_head();
    if (head == Head::kNone) {
      co_await flush();
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
  co_await flush();
  co_await finish_and_linger();
}

// Reads up to the end of a request's head.
Task<Http1Connection::Head> Http1Connection::read_head() {
  while (true) {
    Event event = decoder_.next(unread_);
    if (event == Event::kHead) {
      if (head_deadline_set_) peer_.expires_at(kNever);
      head_deadline_set_ = false;
      co_return Head::kComplete;
    }
    if (event == Event::kError) {
      refusal_ = decoder_.error_status();
      co_return Head::kRefused;
    }
    ECHOD_CHECK(event == Event::kNeedInput);
    co_await flush();
    bool begun = decoder_.in_request();
    if (begun && !head_deadline_set_) {
      peer_.expires_at(deadline_after(session_.clock.now(), settings_.head_timeout));
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

Task<> Http1Connection::answer() {
  const wire::RequestHead& head = decoder_.head();
  keep_alive_ = head.keep_alive;
  if (refused_method()) {
    co_await refuse(405);
    co_return;
  }
  if (head.expects_continue && unread_.empty()) {
    co_await write(wire::kContinueResponse);
    co_await flush();
  }
  Body body = co_await echo_body();
  if (body == Body::kComplete) {
    decoder_.reset();
  } else if (body == Body::kRefused) {
    co_await refuse(decoder_.error_status());
  } else {
    keep_alive_ = false;  // the response is cut as the request was
  }
}

void Http1Connection::compose_head() {
  const wire::RequestHead& head = decoder_.head();
  text_.clear();
  wire::append_status_line(text_, 200);
  wire::append_field(text_, "Date", http_date_now());
  if (head.framing != BodyFraming::kNone) {
    wire::append_field(text_, "Content-Type", wire::safe_content_type(head.content_type));
    wire::append_field(text_, "X-Content-Type-Options", "nosniff");
  }
  if (head.framing == BodyFraming::kChunked) {
    wire::append_field(text_, "Transfer-Encoding", "chunked");
  } else {
    wire::append_field(text_, "Content-Length", fmt::format_int(head.content_length).c_str());
  }
  if (!keep_alive_) {
    wire::append_field(text_, "Connection", "close");
  } else if (head.version == HttpVersion::kHttp10) {
    wire::append_field(text_, "Connection", "keep-alive");
  }
  text_ += "\r\n";
}

// Sends the request's body back as it comes; for HEAD, only takes it in. The response's head goes
// with the body's first part, so that a body which is wrong from its start can still be refused.
Task<Http1Connection::Body> Http1Connection::echo_body() {
  const wire::RequestHead& head = decoder_.head();
  bool silent = head.method == "HEAD";
  bool chunked = head.framing == BodyFraming::kChunked;
  bool begun = false;
  while (true) {
    Event event = decoder_.next(unread_);
    if (event == Event::kError) co_return begun ? Body::kCut : Body::kRefused;
    if (event == Event::kNeedInput) {
      co_await flush();
      bool more = co_await receive_more();
      if (!more) co_return Body::kCut;
      continue;
    }
    if (!begun) {
      compose_head();
      co_await write(text_);
      begun = true;
    }
    if (event == Event::kEnd) break;
    std::span<const std::byte> part = decoder_.body();
    if (silent) continue;
    if (chunked) {
      text_.clear();
      wire::append_chunk_size(text_, part.size());
      co_await write(text_);
    }
    co_await echo_part(part);
    if (chunked) co_await write("\r\n");
  }
  if (chunked && !silent) co_await write(wire::kLastChunk);
  co_return Body::kComplete;
}

Task<> Http1Connection::echo_part(std::span<const std::byte> part) {
  if (part.size() <= kGatherMax || !unread_.empty()) {
    // Small, or more of the input follows it in the same buffer, which a send would give away.
    co_await write({reinterpret_cast<const char*>(part.data()), part.size()});
    co_return;
  }
  co_await flush();
  in_.drop_front(static_cast<size_t>(part.data() - in_.data()));
  ECHOD_CHECK(in_.size() == part.size());
  co_await peer_.send(std::move(in_));
}

// Gathers `text`, sending what is gathered whenever the buffer is full.
Task<> Http1Connection::write(std::string_view text) {
  while (!text.empty()) {
    if (!out_.has_buffer()) out_ = co_await session_.buffers.lease();
    std::string_view fitting = text.substr(0, out_.spare().size());
    out_.append(fitting);
    text.remove_prefix(fitting.size());
    if (out_.spare().empty()) co_await flush();
  }
}

Task<> Http1Connection::flush() {
  if (!out_) co_return;
  co_await peer_.send(std::move(out_));
}

// Answers with an error, the last answer on this connection: after a request that was not
// understood, nothing that follows can be trusted to be one.
Task<> Http1Connection::refuse(int status) {
  keep_alive_ = false;
  compose_refusal(status);
  co_await write(text_);
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
  wire::append_field(text_, "Content-Length", fmt::format_int(body.size()).c_str());
  if (status == 405) {
    wire::append_field(text_, "Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
  }
  wire::append_field(text_, "Connection", "close");
  text_ += "\r\n";
  text_ += body;
}

// Closing a socket with unread input makes the kernel send a reset, which can destroy the answer
// before the client has read it. So what still comes is taken in and dropped for a while.
Task<> Http1Connection::finish_and_linger() {
  co_await peer_.finish_sending();
  peer_.expires_at(deadline_after(session_.clock.now(), settings_.linger_timeout));
  unread_ = {};
  while (true) {
    Result<bool> more = co_await receive_more().observed();
    if (!more || !*more) break;
    unread_ = {};
  }
}

}  // namespace echod
