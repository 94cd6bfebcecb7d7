// An Exchange without a connection, and without any text of HTTP/1: a request made of values, and a
// response kept as values. All endpoints' tests run on it, which shows that an endpoint depends on
// no version of HTTP.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/timer_test_util.h"
#include "http/respond.h"
#include "http/response_fields.h"
#include "stream/session.h"
#include "wire/http/syntax.h"

namespace echod::http {

using TestFields = std::vector<std::pair<std::string, std::string>>;

struct TestRequest {
  std::string method = "GET";
  std::string target = "/";
  TestFields fields = {};
  BodyFraming framing = BodyFraming::kNone;
  std::vector<std::string> body = {};  // its parts; of a chunked body, its chunks
  TestFields trailers = {};
  bool malformed = false;  // its body is malformed at the end

  friend std::ostream& operator<<(std::ostream& out, const TestRequest& request) {
    return out << request.method << " " << request.target;
  }
};

inline TestRequest get(std::string_view target, TestFields fields = {}) {
  return {.target = std::string(target), .fields = std::move(fields)};
}

inline TestRequest post(std::string_view target, std::string_view body, TestFields fields = {}) {
  return {.method = "POST",
          .target = std::string(target),
          .fields = std::move(fields),
          .framing = BodyFraming::kContentLength,
          .body = {std::string(body)}};
}

struct TestResponse {
  int status = 0;
  TestFields fields;  // without Date
  std::string body;
  std::optional<uint64_t> size;  // as it was announced
  std::vector<uint64_t> chunks;  // sizes that were announced
  TestFields trailers;
  std::vector<int> interim;  // statuses
  size_t sends = 0;          // flushes that had something to send, and the end
  bool closes = false;       // the connection ends with it
  bool cut = false;
  bool complete = false;

  std::string field(std::string_view name) const {
    for (const auto& [key, value] : fields) {
      if (wire::equals_ignoring_case(key, name)) return value;
    }
    return "(none)";
  }
};

class MemoryExchange final : public Exchange {
 public:
  // `clock` must outlive it.
  MemoryExchange(TestRequest request, FakeClock& clock)
      : test_request_(std::move(request)), clock_(clock) {
    const bool has_host = std::ranges::any_of(test_request_.fields, [](const auto& field) {
      return wire::equals_ignoring_case(field.first, "Host");
    });
    if (!has_host) fields_.add("Host", "h:1");
    uint64_t body_size = 0;
    for (const std::string& part : test_request_.body) body_size += part.size();
    for (const auto& [name, value] : test_request_.fields) {
      fields_.add(name, value);
      if (wire::equals_ignoring_case(name, "Content-Type")) request_.content_type = value;
      if (wire::equals_ignoring_case(name, "Content-Encoding")) request_.content_coded = true;
      if (wire::equals_ignoring_case(name, "Trailer")) request_.trailers_announced = true;
      if (wire::equals_ignoring_case(name.substr(0, kControlPrefix.size()), kControlPrefix)) {
        request_.has_noted_field = true;
      }
    }
    for (const auto& [name, value] : test_request_.trailers) trailers_.add(name, value);
    request_.method = test_request_.method;
    request_.target = test_request_.target;
    request_.version_text = "memory";
    request_.fields = fields_.list();
    request_.framing = test_request_.framing;
    if (request_.framing == BodyFraming::kContentLength) request_.content_length = body_size;
  }

  const TestResponse& response() const { return response_; }

  const Request& request() const override { return request_; }
  Duration head_duration() const override { return Duration::zero(); }

  // Nothing has come before anything is waited for.
  BodyPart poll_body() override {
    BodyPart part;
    if (request_.framing != BodyFraming::kNone && !waited_) return part;
    waited_ = false;
    const bool at_end = next_ == test_request_.body.size();
    if (at_end && test_request_.malformed) {
      part.kind = BodyPart::Kind::kMalformed;
    } else if (at_end) {
      part.kind = BodyPart::Kind::kEnd;
      body_read_ = true;
    } else if (request_.framing == BodyFraming::kChunked && !in_chunk_) {
      part.kind = BodyPart::Kind::kChunk;
      part.size = test_request_.body[next_].size();
      in_chunk_ = true;
    } else {
      in_chunk_ = false;
      part.kind = BodyPart::Kind::kData;
      part.bytes = std::as_bytes(std::span(test_request_.body[next_++]));
      if (part.bytes.empty()) return poll_after_empty();
    }
    return part;
  }

  Task<> wait_for_body() override {
    waited_ = true;
    co_await flush();
  }
  bool body_read() const override { return body_read_; }
  FieldList trailers() const override { return trailers_.list(); }
  Refusal refusal() const override { return {.status = 400, .rule = "malformed", .at = 5}; }

  Task<> inform(int status, FieldList) override {
    response_.interim.push_back(status);
    co_return;
  }

  Task<> begin(ResponseHead head) override {
    EXPECT_EQ(response_.status, 0) << "a second response";
    response_.status = head.status;
    response_.size = head.size;
    response_.closes = response_.closes || head.close;
    for (const Field& field : head.fields) {
      if (field.name == "Date") continue;
      EXPECT_EQ(response_.field(field.name), "(none)") << field.name << " twice";
      response_.fields.emplace_back(field.name, field.value());
    }
    unsent_ = true;
    co_return;
  }

  Task<> begin_chunk(uint64_t size) override {
    EXPECT_GT(size, 0u);
    response_.chunks.push_back(size);
    co_return;
  }

  Task<> write(std::string_view part) override {
    EXPECT_TRUE(has_content(request_.method, response_.status));
    response_.body += part;
    unsent_ = true;
    co_return;
  }
  Task<> write(BodyPart part) override { return write(part.text()); }

  Task<> flush() override {
    response_.sends += unsent_ ? 1 : 0;
    unsent_ = false;
    co_return;
  }

  Task<> end(FieldList trailers) override {
    for (const Field& field : trailers) {
      response_.trailers.emplace_back(field.name, field.value());
    }
    response_.complete = true;
    co_await flush();
  }

  void cut() override { response_.cut = response_.closes = true; }
  void abandon_body() override { response_.closes = true; }

  Task<> watch_client(Time until) override { co_await clock_.sleep_until(until); }
  bool client_ended() const override { return false; }

 private:
  BodyPart poll_after_empty() {
    waited_ = true;
    return poll_body();
  }

  TestRequest test_request_;
  FakeClock& clock_;
  Request request_;
  FieldBuffer fields_;
  FieldBuffer trailers_;
  TestResponse response_;
  size_t next_ = 0;  // part of the body
  bool waited_ = false;
  bool in_chunk_ = false;
  bool body_read_ = false;
  bool unsent_ = false;
};

// A server without connections: what one test's requests share.
class MemoryServer {
 public:
  explicit MemoryServer(const Router& router) : router_(router) {}

  Settings settings;
  FakeClock clock;
  BufferPool buffers{BufferPool::Options{}};
  Session session{.clock = clock, .buffers = buffers};
  ControlState state;

  // The response to `request`, once it is complete or cut.
  TestResponse ask(TestRequest request) {
    MemoryExchange exchange(std::move(request), clock);
    Responder responder(exchange, session, settings, state);
    session.requests.add(1);
    responder.begin_request(true);
    Task<> task = respond(responder, router_);
    task.start();
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(task.result());
    responder.end_request();
    const TestResponse& response = exchange.response();
    EXPECT_TRUE(response.complete || response.cut);
    if (response.size && has_content(exchange.request().method, response.status)) {
      EXPECT_EQ(response.body.size(), *response.size);
    }
    return response;
  }

 private:
  const Router& router_;
};

}  // namespace echod::http
