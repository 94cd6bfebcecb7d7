#include "wire/http1/response_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace echod::wire {
namespace {

struct Decoded {
  int status;
  ResponseFraming framing;
  bool keep_alive;
  std::string body = "";
  bool complete = false;

  bool operator==(const Decoded&) const = default;
};

struct Outcome {
  std::vector<Decoded> responses;
  std::string error = "";
  bool in_response = false;

  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  for (const Decoded& response : outcome.responses) {
    out << '{' << response.status << " framing=" << static_cast<int>(response.framing)
        << " keep_alive=" << response.keep_alive << " body=" << response.body
        << " complete=" << response.complete << "} ";
  }
  return out << "error='" << outcome.error << "' in_response=" << outcome.in_response;
}

class Feeder {
 public:
  explicit Feeder(const HttpLimits& limits = {}) : decoder_(limits) {}

  // Each piece is a buffer of its own, freed after use.
  void feed(std::string_view piece) {
    const auto buffer = std::make_unique<std::byte[]>(piece.size());
    std::ranges::copy(std::as_bytes(std::span(piece)), buffer.get());
    std::span<const std::byte> input(buffer.get(), piece.size());
    while (take(decoder_.next(input), input)) {
    }
  }

  void end() {
    const ResponseDecoder::Event event = decoder_.end_of_input();
    if (event == ResponseDecoder::Event::kNeedInput) return;
    std::span<const std::byte> none;
    take(event, none);
  }

  Outcome outcome() const {
    Outcome result = outcome_;
    result.in_response = result.error.empty() && decoder_.in_response();
    return result;
  }

 private:
  bool take(ResponseDecoder::Event event, std::span<const std::byte> input) {
    switch (event) {
      case ResponseDecoder::Event::kNeedInput:
        EXPECT_TRUE(input.empty());
        return false;
      case ResponseDecoder::Event::kHead:
        outcome_.responses.push_back({.status = decoder_.head().status,
                                      .framing = decoder_.head().framing,
                                      .keep_alive = decoder_.head().keep_alive});
        return true;
      case ResponseDecoder::Event::kBody:
        EXPECT_FALSE(decoder_.body().empty());
        outcome_.responses.back().body.append(reinterpret_cast<const char*>(decoder_.body().data()),
                                              decoder_.body().size());
        return true;
      case ResponseDecoder::Event::kEnd:
        outcome_.responses.back().complete = true;
        return true;
      case ResponseDecoder::Event::kError:
        outcome_.error = decoder_.error();
        return false;
    }
    return false;
  }

  ResponseDecoder decoder_;
  Outcome outcome_;
};

Outcome decode_responses(std::string_view bytes, const HttpLimits& limits = {}) {
  Feeder feeder(limits);
  feeder.feed(bytes);
  return feeder.outcome();
}

// The same from every cut in two, and from small pieces with empty ones between.
void expect_same_for_every_split(std::string_view bytes) {
  const Outcome whole = decode_responses(bytes);
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    Feeder feeder;
    feeder.feed(bytes.substr(0, cut));
    feeder.feed(bytes.substr(cut));
    EXPECT_EQ(feeder.outcome(), whole) << "cut at " << cut << ": " << bytes;
  }
  for (const size_t size : {1u, 2u, 3u, 7u}) {
    Feeder feeder;
    for (std::string_view rest = bytes; !rest.empty();) {
      feeder.feed(rest.substr(0, size));
      feeder.feed("");
      rest.remove_prefix(std::min(size, rest.size()));
    }
    EXPECT_EQ(feeder.outcome(), whole) << "in pieces of " << size << ": " << bytes;
  }
}

void expect_one(std::string_view bytes, const Decoded& wanted) {
  EXPECT_EQ(decode_responses(bytes), Outcome({.responses = {wanted}})) << bytes;
  expect_same_for_every_split(bytes);
}

constexpr auto kSized = ResponseFraming::kContentLength;
constexpr auto kChunked = ResponseFraming::kChunked;
constexpr auto kNone = ResponseFraming::kNone;

TEST(ResponseDecoderTest, SizedBody) {
  expect_one("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
             {200, kSized, true, "hello", true});
  expect_one("HTTP/1.1 404 Not Found\r\nServer: x\r\ncontent-length:0\r\n\r\n",
             {404, kSized, true, "", true});
}

TEST(ResponseDecoderTest, ChunkedBody) {
  expect_one(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: z\r\n\r\n",
      {200, kChunked, true, "hello world", true});
}

TEST(ResponseDecoderTest, StatusesWithoutABody) {
  expect_one("HTTP/1.1 204 No Content\r\n\r\n", {204, kNone, true, "", true});
  expect_one("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
             {304, kNone, true, "", true});
  expect_one("HTTP/1.1 101 Switching Protocols\r\n\r\n", {101, kNone, true, "", true});
}

TEST(ResponseDecoderTest, InterimResponsesAreSkipped) {
  expect_one(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
      {200, kSized, true, "hi", true});
}

TEST(ResponseDecoderTest, TooManyInterimResponses) {
  std::string bytes;
  for (unsigned i = 0; i < ResponseDecoder::kInterimMax; ++i) bytes += "HTTP/1.1 100 C\r\n\r\n";
  EXPECT_EQ(decode_responses(bytes).error, "");
  EXPECT_TRUE(decode_responses(bytes).in_response);
  EXPECT_EQ(decode_responses(bytes + "HTTP/1.1 100 C\r\n\r\n").error, "too many interim responses");
}

TEST(ResponseDecoderTest, ReasonPhraseIsAnything) {
  for (const char* line : {"HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 200 Really fine, \xc3\xa9"}) {
    expect_one(std::string(line) + "\r\nContent-Length: 0\r\n\r\n", {200, kSized, true, "", true});
  }
}

TEST(ResponseDecoderTest, WhetherTheConnectionIsKept) {
  const auto keep_alive = [](std::string_view version, std::string_view field) {
    const Outcome outcome = decode_responses("HTTP/" + std::string(version) + " 200 OK\r\n" +
                                             std::string(field) + "Content-Length: 0\r\n\r\n");
    return outcome.responses.at(0).keep_alive;
  };
  EXPECT_TRUE(keep_alive("1.1", ""));
  EXPECT_FALSE(keep_alive("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keep_alive("1.1", "connection: x, CLOSE\r\n"));
  EXPECT_FALSE(keep_alive("1.0", ""));
  EXPECT_TRUE(keep_alive("1.0", "Connection: keep-alive\r\n"));
}

TEST(ResponseDecoderTest, BodyUntilTheEnd) {
  Feeder feeder;
  feeder.feed("HTTP/1.1 200 OK\r\n\r\nhel");
  feeder.feed("lo");
  EXPECT_TRUE(feeder.outcome().in_response);
  feeder.end();
  EXPECT_EQ(feeder.outcome(),
            Outcome({.responses = {{200, ResponseFraming::kUntilClose, false, "hello", true}}}));
}

TEST(ResponseDecoderTest, TheEndInTheMiddleIsAnError) {
  const std::string_view bytes =
      "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  for (size_t size = 0; size <= bytes.size(); ++size) {
    Feeder feeder;
    feeder.feed(bytes.substr(0, size));
    feeder.end();
    const bool between = size == 0 || size == bytes.size();
    EXPECT_EQ(feeder.outcome().error.empty(), between) << size;
  }
}

TEST(ResponseDecoderTest, OneAfterAnother) {
  std::string bytes;
  for (int i = 0; i < 3; ++i) {
    bytes += "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    bytes += "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    bytes += "HTTP/1.1 204 No Content\r\n\r\n";
  }
  EXPECT_EQ(decode_responses(bytes).responses.size(), 9u);
  expect_same_for_every_split(bytes);
}

// A head is recognised by its bytes: what it means must be the same as when it was read, and what
// only begins like it must be read.
TEST(ResponseDecoderTest, RepeatedHeads) {
  const std::string first = "HTTP/1.1 200 OK\r\nDate: Mon\r\nContent-Length: 3\r\n\r\n";
  const std::string second = "HTTP/1.1 200 OK\r\nDate: Tue\r\nContent-Length: 3\r\n\r\n";
  const std::string third = "HTTP/1.1 200 OK\r\nDate: Tue\r\nContent-Length: 30\r\n\r\n";
  const std::string bytes = first + "abc" + first + "def" + second + "ghi" + second + "jkl" +
                            third + std::string(30, 'x') + second + "mno" +
                            "HTTP/1.1 200 OK\r\nDate: Tue\r\nConnection: close\r\n\r\nrest";
  const Outcome outcome = decode_responses(bytes);
  ASSERT_EQ(outcome.responses.size(), 7u);
  EXPECT_EQ(outcome.responses[1], Decoded(200, kSized, true, "def", true));
  EXPECT_EQ(outcome.responses[3], Decoded(200, kSized, true, "jkl", true));
  EXPECT_EQ(outcome.responses[4].body, std::string(30, 'x'));
  EXPECT_EQ(outcome.responses[5].body, "mno");
  EXPECT_EQ(outcome.responses[6].framing, ResponseFraming::kUntilClose);
  expect_same_for_every_split(bytes);
}

TEST(ResponseDecoderTest, Malformed) {
  const std::pair<std::string, std::string> kCases[] = {
      {"HTTP/2.0 200 OK\r\n", "malformed status line"},
      {"HTTP/1.1  200 OK\r\n", "malformed status line"},
      {"HTTP/1.1 20 OK\r\n", "malformed status line"},
      {"HTTP/1.1 2000 OK\r\n", "malformed status line"},
      {"HTTP/1.1 099 OK\r\n", "malformed status line"},
      {"HTTP/1.1 600 OK\r\n", "malformed status line"},
      {"HTTP/1.1 200 OK\n", "malformed status line"},
      {"HTTP/1.1 200 O\x01K\r\n", "malformed status line"},
      {"\r\nHTTP/1.1 200 OK\r\n", "malformed status line"},
      {"http/1.1 200 OK\r\n", "malformed status line"},
      {"HTTP/1.1 200 OK\r\nname : x\r\n", "malformed header field"},
      {"HTTP/1.1 200 OK\r\n folded\r\n", "malformed header field"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n", "bad Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n", "bad Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n", "bad Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n", "bad Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       "Content-Length beside Transfer-Encoding"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n", "transfer coding other than chunked"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
       "transfer coding other than chunked"},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n", "transfer coding other than chunked"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello", "malformed chunk"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "malformed chunk"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n bad\r\n",
       "malformed trailer field"},
  };
  for (const auto& [bytes, error] : kCases) {
    EXPECT_EQ(decode_responses(bytes).error, error) << bytes;
    expect_same_for_every_split(bytes);
  }
}

TEST(ResponseDecoderTest, Limits) {
  HttpLimits limits;
  limits.head_size_max = 60;
  limits.field_count_max = 2;
  limits.body_size_max = 10;
  const std::string head = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(decode_responses(head + "Content-Length: 10\r\n\r\n", limits).error, "");
  EXPECT_EQ(decode_responses(head + "Content-Length: 11\r\n\r\n", limits).error, "body too large");
  EXPECT_EQ(decode_responses(head + "A: 1\r\nB: 2\r\nC: 3\r\n", limits).error, "head too large");
  EXPECT_EQ(decode_responses(head + "A: " + std::string(60, 'x'), limits).error, "head too large");
  EXPECT_EQ(decode_responses("HTTP/1.1 200 " + std::string(60, 'x'), limits).error,
            "malformed status line");
  EXPECT_EQ(decode_responses(head + "\r\n" + std::string(10, 'x'), limits).error, "");
  EXPECT_EQ(decode_responses(head + "\r\n" + std::string(11, 'x'), limits).error, "body too large");
  EXPECT_EQ(decode_responses(head + "Transfer-Encoding: chunked\r\n\r\nb\r\n", limits).error,
            "body too large");
}

}  // namespace
}  // namespace echod::wire
