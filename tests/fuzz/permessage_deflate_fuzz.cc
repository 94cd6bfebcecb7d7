// permessage-deflate: any bytes inflate to the same however they are cut and whatever room there is
// for what comes out, never beyond a limit; and any text, deflated in parts, inflates to itself.
//
// The input: a byte of choices, then messages, each behind its size in one byte.
#include <string>
#include <vector>

#include "fuzz_input.h"
#include "wire/websocket/permessage_deflate.h"

namespace echod::fuzz {
namespace {

using wire::CompressionStep;
using wire::InflateLimits;
using wire::MessageDeflater;
using wire::MessageInflater;
using Event = CompressionStep::Event;

struct Inflated {
  std::string text;
  uint16_t close_code = 0;

  bool operator==(const Inflated&) const = default;
};

// Reads one message, behind those that the inflater has read.
class MessageReader {
 public:
  MessageReader(MessageInflater& inflater, const InflateLimits& limits, uint64_t seed)
      : inflater_(&inflater), limits_(limits), random_(seed) {}

  void feed(std::string_view bytes) {
    if (result_.close_code != 0) return;
    feed_exactly(bytes, [&](std::span<const std::byte> input) {
      for (Event event = Event::kMore; event == Event::kMore;) {
        const size_t before = input.size();
        event = take([&](std::span<std::byte> out) { return inflater_->inflate(input, out); });
        consumed_ += before - input.size();
        check_ratio();
        ECHOD_CHECK(event != Event::kNeedInput || input.empty());
      }
    });
  }

  Inflated finish() {
    if (result_.close_code != 0) return result_;
    Event event = Event::kMore;
    while (event == Event::kMore) {
      event = take([&](std::span<std::byte> out) { return inflater_->finish(out); });
    }
    ECHOD_CHECK(event == Event::kEnd || event == Event::kError);
    return result_;
  }

 private:
  template <typename Call>
  Event take(Call call) {
    std::vector<std::byte> out(random_.spread(20'000));
    const CompressionStep step = call(std::span(out));
    ECHOD_CHECK(step.size <= out.size());
    ECHOD_CHECK(step.event != Event::kMore || step.size == out.size());
    result_.text.append(reinterpret_cast<const char*>(out.data()), step.size);
    ECHOD_CHECK(result_.text.size() <= limits_.message_size_max);
    if (step.event == Event::kError) {
      result_.close_code = inflater_->failure().close_code;
      ECHOD_CHECK(result_.close_code == 1007 || result_.close_code == 1009);
    }
    return step.event;
  }

  void check_ratio() const {
    if (limits_.ratio_max == 0) return;
    const uint64_t allowed = std::max<uint64_t>(limits_.ratio_floor, limits_.ratio_max * consumed_);
    ECHOD_CHECK(result_.text.size() <= allowed + InflateLimits::kRatioStep);
  }

  MessageInflater* inflater_;
  InflateLimits limits_;
  Random random_;
  Inflated result_;
  uint64_t consumed_ = 0;
};

// All messages by one inflater, cut as `seed` has it: 0 is whole.
std::vector<Inflated> inflate_all(const std::vector<std::string>& messages, bool takeover,
                                  const InflateLimits& limits, uint64_t seed) {
  Random random(seed);
  MessageInflater inflater(15, takeover, limits);
  std::vector<Inflated> results;
  for (const std::string_view message : messages) {
    MessageReader reader(inflater, limits, random.next());
    for (std::string_view rest = message; !rest.empty();) {
      const size_t size = seed == 0 ? rest.size() : random.spread(seed == 1 ? 1 : rest.size());
      reader.feed(rest.substr(0, size));
      rest.remove_prefix(std::min(size, rest.size()));
    }
    results.push_back(reader.finish());
    if (results.back().close_code != 0) break;
    if (random.chance(0.5)) inflater.release_memory();
  }
  return results;
}

void check_inflating(const std::vector<std::string>& messages, bool takeover) {
  constexpr InflateLimits kSmall{.message_size_max = 1000, .ratio_max = 0};
  constexpr InflateLimits kPlenty{.message_size_max = 1 << 18, .ratio_max = 0};
  for (const InflateLimits& limits : {kSmall, kPlenty}) {
    const auto whole = inflate_all(messages, takeover, limits, 0);
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      ECHOD_CHECK(inflate_all(messages, takeover, limits, seed) == whole);
    }
  }
  inflate_all(messages, takeover, {.ratio_max = 50, .ratio_floor = 20'000}, 2);
}

std::string deflate_one(MessageDeflater& deflater, std::string_view text, Random& random) {
  std::string payload;
  const auto take = [&](auto call) {
    std::vector<std::byte> out(MessageDeflater::kOutSizeMin + random.below(100));
    const CompressionStep step = call(std::span(out));
    ECHOD_CHECK(step.event != Event::kError && step.size <= out.size());
    payload.append(reinterpret_cast<const char*>(out.data()), step.size);
    return step.event == Event::kMore;
  };
  while (!text.empty()) {
    const std::string_view part = text.substr(0, random.spread(text.size()));
    text.remove_prefix(part.size());
    std::span<const std::byte> input = std::as_bytes(std::span(part));
    while (take([&](std::span<std::byte> out) { return deflater.deflate(input, out); })) {
    }
    ECHOD_CHECK(input.empty());
    const bool flush = random.chance(0.3);
    while (flush && take([&](std::span<std::byte> out) { return deflater.flush(out); })) {
    }
  }
  while (take([&](std::span<std::byte> out) { return deflater.finish(out); })) {
  }
  return payload;
}

void check_deflating(const std::vector<std::string>& texts, bool takeover, uint64_t seed) {
  Random random(seed);
  MessageDeflater deflater({.window_bits = static_cast<uint8_t>(random.between(9, 15)),
                            .context_takeover = takeover,
                            .level = static_cast<int>(random.between(1, 9)),
                            .memory_level = static_cast<int>(random.between(1, 9))});
  std::vector<std::string> messages;
  for (const std::string& text : texts) {
    messages.push_back(deflate_one(deflater, text, random));
    if (random.chance(0.5)) deflater.release_memory();
  }
  const auto read = inflate_all(messages, takeover, {.ratio_max = 0}, seed);
  ECHOD_CHECK(read.size() == texts.size());
  for (size_t i = 0; i < texts.size(); ++i) ECHOD_CHECK(read[i] == Inflated{.text = texts[i]});
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod::fuzz;
  FuzzInput input(data, size);
  const bool takeover = (input.byte() & 1) != 0;
  std::vector<std::string> messages;
  while (!input.empty() && messages.size() < 8) {
    const size_t message_size = input.byte();
    messages.emplace_back(input.text(message_size));
  }
  check_inflating(messages, takeover);
  for (std::string& message : messages) {
    if (message.size() % 3 == 0) message.append(3000, 'x');
  }
  check_deflating(messages, takeover, hash_of(as_text(data, size)));
  return 0;
}
