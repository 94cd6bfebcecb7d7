// A client that requests generated responses, some of them delayed or spread over time, and checks
// every byte of them.
#include <fmt/format.h>

#include <vector>

#include "app/sim/sim_client.h"
#include "base/pattern.h"
#include "wire/http1/response_decoder.h"

namespace echod::sim {
namespace {

struct EndpointRequest {
  std::string target;
  int status = 200;
  std::string body;
};

std::string pattern_bytes(uint64_t seed, uint64_t size) {
  std::string bytes(size, '\0');
  Pattern(seed).fill(std::as_writable_bytes(std::span(bytes)), 0);
  return bytes;
}

EndpointRequest random_request(Random& random) {
  const uint64_t seed = random.below(1000);
  const uint64_t size = random.spread(random.chance(0.1) ? 200'000 : 3'000);
  const uint64_t milliseconds = random.spread(3'000);
  const int status = static_cast<int>(random.between(206, 303));
  switch (random.below(6)) {
    case 0:
      return {.target = fmt::format("/status/{}", status), .status = status, .body = {}};
    case 1:
      return {.target = fmt::format("/bytes/{}?seed={}", size, seed),
              .body = pattern_bytes(seed, size)};
    case 2:
      return {.target = fmt::format("/stream-bytes/{}?seed={}&chunk_size={}", size, seed,
                                    random.between(1 + size / 100, 1 + size)),
              .body = pattern_bytes(seed, size)};
    case 3: {
      const uint64_t drops = random.between(1, 50);
      return {.target = fmt::format("/drip?numbytes={}&duration={}ms&delay=0", drops, milliseconds),
              .body = std::string(drops, '*')};
    }
    case 4:
      return {.target = fmt::format("/?size={}&seed={}&status={}&delay={}ms", size, seed, status,
                                    milliseconds),
              .status = status,
              .body = pattern_bytes(seed, size)};
    default:
      return {.target = "/healthz", .body = "ok\n"};
  }
}

class EndpointClient final : public SimClient {
 public:
  EndpointClient(const ClientContext& context, Random& chance) : SimClient(context, chance) {
    const uint64_t count = random().spread(8);
    for (uint64_t i = 0; i < count; ++i) requests_.push_back(random_request(random()));
    pipelines_ = random().chance(0.5);
  }

 private:
  Task<> talk(ClientStream& stream) override {
    Result<void> talked = co_await talk_all(stream).observed();
    received_ = Chunk();
    judge(talked);
  }

  std::string describe_talk() const override {
    return fmt::format("endpoints: {} of {} responses{}", responses_, requests_.size(),
                       pipelines_ ? ", pipelined" : "");
  }

  Task<> talk_all(ClientStream& stream) {
    if (pipelines_) {
      for (const EndpointRequest& request : requests_) co_await send(stream, request);
    }
    for (const EndpointRequest& request : requests_) {
      if (!pipelines_) co_await send(stream, request);
      bool complete = co_await receive_response(stream, request);
      if (!complete) co_return;
      ++responses_;
    }
    co_await stream.finish_sending();
  }

  Task<> send(ClientStream& stream, const EndpointRequest& request) {
    const std::string text = fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", request.target);
    Chunk chunk = co_await loop().buffers().lease();
    chunk.append(text);
    co_await stream.send(std::move(chunk));
  }

  // False: the connection ended before the response was complete.
  Task<bool> receive_response(ClientStream& stream, const EndpointRequest& request) {
    using Event = wire::ResponseDecoder::Event;
    std::string body;
    while (true) {
      const Event event = decoder_.next(unread_);
      if (event == Event::kHead && decoder_.head().status != request.status) {
        fail_unless_excused(fmt::format("{} returned {}", request.target, decoder_.head().status));
        co_return false;
      }
      if (event == Event::kBody) {
        const std::span<const std::byte> part = decoder_.body();
        body.append(reinterpret_cast<const char*>(part.data()), part.size());
      }
      if (event == Event::kError) {
        fail_unless_excused(request.target + " did not return an HTTP response");
        co_return false;
      }
      if (event == Event::kEnd) break;
      if (event != Event::kNeedInput) continue;
      received_ = Chunk();
      received_ = co_await stream.receive();
      unread_ = received_.bytes();
      if (!received_) co_return false;
    }
    if (body != request.body) {
      fail(fmt::format("{} returned {} bytes that differ from the {} expected", request.target,
                       body.size(), request.body.size()));
    }
    co_return true;
  }

  // After a clock jump a request may reach the server too late: 408, or taken for raw bytes.
  void fail_unless_excused(const std::string& what) {
    if (!excused()) fail(what);
  }

  void judge(const Result<void>& talked) {
    if (excused() || draining()) return;
    if (!talked) {
      fail("the connection failed: " + echod::describe(talked.error()));
    } else if (responses_ < requests_.size()) {
      fail(fmt::format("the connection ended after {} of {} responses", responses_,
                       requests_.size()));
    }
  }

  std::vector<EndpointRequest> requests_;
  bool pipelines_ = false;
  size_t responses_ = 0;
  wire::ResponseDecoder decoder_{wire::HttpLimits{}};
  Chunk received_;
  std::span<const std::byte> unread_;
};

}  // namespace

std::unique_ptr<SimClient> make_endpoint_client(const ClientContext& context, Random& random) {
  return std::make_unique<EndpointClient>(context, random);
}

}  // namespace echod::sim
