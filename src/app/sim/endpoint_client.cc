// A client that asks for answers made of nothing, some of them delayed or spread over time, and
// knows each of their bytes.
#include <fmt/format.h>

#include <vector>

#include "app/sim/sim_client.h"
#include "base/pattern.h"
#include "wire/http1/response_decoder.h"

namespace echod::sim {
namespace {

struct Question {
  std::string target;
  int status = 200;
  std::string body;
};

std::string pattern_bytes(uint64_t seed, uint64_t size) {
  std::string bytes(size, '\0');
  Pattern(seed).fill(std::as_writable_bytes(std::span(bytes)), 0);
  return bytes;
}

Question random_question(Random& random) {
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
  EndpointClient(const ClientSurroundings& around, Random& chance) : SimClient(around, chance) {
    const uint64_t count = random().spread(8);
    for (uint64_t i = 0; i < count; ++i) questions_.push_back(random_question(random()));
    pipelines_ = random().chance(0.5);
  }

 private:
  Task<> talk(SocketStream& stream) override {
    Result<void> talked = co_await ask_all(stream).observed();
    received_ = Chunk();
    judge(talked);
  }

  std::string describe_talk() const override {
    return fmt::format("endpoints: {} of {} answers{}", answered_, questions_.size(),
                       pipelines_ ? ", pipelined" : "");
  }

  Task<> ask_all(SocketStream& stream) {
    if (pipelines_) {
      for (const Question& question : questions_) co_await ask(stream, question);
    }
    for (const Question& question : questions_) {
      if (!pipelines_) co_await ask(stream, question);
      bool answered = co_await take_answer(stream, question);
      if (!answered) co_return;
      ++answered_;
    }
    co_await stream.finish_sending();
  }

  Task<> ask(SocketStream& stream, const Question& question) {
    const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", question.target);
    Chunk chunk = co_await loop().buffers().lease();
    chunk.append(request);
    co_await stream.send(std::move(chunk));
  }

  // False: the connection ended before.
  Task<bool> take_answer(SocketStream& stream, const Question& question) {
    using Event = wire::ResponseDecoder::Event;
    std::string body;
    while (true) {
      const Event event = decoder_.next(unread_);
      if (event == Event::kHead && decoder_.head().status != question.status) {
        refuse(fmt::format("{} was answered with {}", question.target, decoder_.head().status));
        co_return false;
      }
      if (event == Event::kBody) {
        const std::span<const std::byte> part = decoder_.body();
        body.append(reinterpret_cast<const char*>(part.data()), part.size());
      }
      if (event == Event::kError) {
        refuse(question.target + " was not answered in HTTP");
        co_return false;
      }
      if (event == Event::kEnd) break;
      if (event != Event::kNeedInput) continue;
      received_ = Chunk();
      received_ = co_await stream.receive();
      unread_ = received_.bytes();
      if (!received_) co_return false;
    }
    if (body != question.body) {
      fail(fmt::format("{} was answered with {} bytes that are not its {}", question.target,
                       body.size(), question.body.size()));
    }
    co_return true;
  }

  // When time jumps, a request comes too late for its server: 408, or taken for raw bytes.
  void refuse(const std::string& what) {
    if (!excused()) fail(what);
  }

  void judge(const Result<void>& talked) {
    if (excused() || draining()) return;
    if (!talked) {
      fail("the connection was cut: " + echod::describe(talked.error()));
    } else if (answered_ < questions_.size()) {
      fail(fmt::format("the end came after {} of {} answers", answered_, questions_.size()));
    }
  }

  std::vector<Question> questions_;
  bool pipelines_ = false;
  size_t answered_ = 0;
  wire::ResponseDecoder decoder_{wire::HttpLimits{}};
  Chunk received_;
  std::span<const std::byte> unread_;
};

}  // namespace

std::unique_ptr<SimClient> make_endpoint_client(const ClientSurroundings& around, Random& random) {
  return std::make_unique<EndpointClient>(around, random);
}

}  // namespace echod::sim
