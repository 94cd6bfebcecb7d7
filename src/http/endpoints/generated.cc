#include "http/endpoints/generated.h"

#include <algorithm>
#include <charconv>

#include "base/pattern.h"

namespace echod::http {
namespace {

constexpr size_t kBlockSize = 16 * 1024;  // generated at a time
constexpr size_t kChunkSize = 10 * 1024;  // of /stream-bytes
constexpr uint64_t kChunkSizeMax = 1 << 20;

std::string_view query_of(Responder& responder) {
  return wire::split_target(responder.request().target).query;
}

std::expected<uint64_t, std::string> read_number(std::string_view name, std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  return std::unexpected(std::string(name) + ": expected an integer");
}

std::expected<uint64_t, std::string> seed_of(Responder& responder) {
  const auto seed = wire::query_argument(query_of(responder), "seed");
  if (!seed) return responder.settings().control.seed;
  return read_number("seed", *seed);
}

// Writes parts of `part_size` bytes, each a chunk (with chunked coding), generated block by block.
Task<> write_pattern(Responder& responder, uint64_t seed, uint64_t size, uint64_t part_size) {
  if (responder.silent()) co_return;
  const Pattern pattern(seed);
  std::string block;
  for (uint64_t offset = 0; offset < size; offset += block.size()) {
    const uint64_t part_left = part_size - offset % part_size;
    if (part_left == part_size) co_await responder.begin_chunk(std::min(part_size, size - offset));
    block.resize(std::min({uint64_t{kBlockSize}, part_left, size - offset}));
    pattern.fill(std::as_writable_bytes(std::span(block)), offset);
    co_await responder.write(block);
  }
}

Task<BodyEnd> answer_pattern(Responder& responder, uint64_t size,
                             std::optional<uint64_t> chunk_size) {
  const std::expected<uint64_t, std::string> seed = seed_of(responder);
  if (!seed) {
    BodyEnd declined = co_await responder.decline(400, seed.error());
    co_return declined;
  }
  BodyEnd read = co_await responder.drop_body();
  if (read != BodyEnd::kComplete) co_return read;
  Response response{.content_type = "application/octet-stream", .cacheable = true};
  if (!chunk_size) response.size = size;
  co_await responder.begin(response);
  co_await write_pattern(responder, *seed, size, chunk_size.value_or(kBlockSize));
  co_await responder.end();
  co_return BodyEnd::kComplete;
}

struct Drip {
  uint64_t size = 10;
  Duration delay = {};
  Duration duration = std::chrono::seconds(2);
  int status = 200;
};

std::expected<Drip, std::string> read_drip(std::string_view query,
                                           const ControlSettings& settings) {
  Drip drip;
  drip.duration = std::min(drip.duration, settings.duration_max);
  // A delay requested by response control has passed already.
  constexpr Duration kDelay = std::chrono::seconds(2);
  if (!wire::query_argument(query, "delay")) drip.delay = std::min(kDelay, settings.duration_max);
  if (const auto text = wire::query_argument(query, "numbytes")) {
    const auto size = read_size("numbytes", *text, limits_of(settings));
    if (!size) return std::unexpected(size.error());
    drip.size = *size;
  }
  if (const auto text = wire::query_argument(query, "duration")) {
    const auto duration = read_duration("duration", *text, limits_of(settings));
    if (!duration) return std::unexpected(duration.error());
    drip.duration = *duration;
  }
  if (const auto text = wire::query_argument(query, "code")) {
    const auto status = read_status("code", *text);
    if (!status) return std::unexpected(status.error());
    drip.status = *status;
  }
  return drip;
}

}  // namespace

Task<BodyEnd> answer_generated(Responder& responder, uint64_t size) {
  BodyEnd end = co_await answer_pattern(responder, size, std::nullopt);
  co_return end;
}

Task<BodyEnd> answer_bytes(Responder& responder, std::string_view argument) {
  const auto size = read_size("size", argument, limits_of(responder.settings().control));
  BodyEnd end = BodyEnd::kComplete;
  if (size) {
    end = co_await answer_pattern(responder, *size, std::nullopt);
  } else {
    end = co_await responder.decline(400, size.error());
  }
  co_return end;
}

Task<BodyEnd> answer_stream_bytes(Responder& responder, std::string_view argument) {
  const auto size = read_size("size", argument, limits_of(responder.settings().control));
  std::expected<uint64_t, std::string> chunk_size = kChunkSize;
  if (const auto text = wire::query_argument(query_of(responder), "chunk_size")) {
    chunk_size = read_number("chunk_size", *text);
    if (chunk_size && (*chunk_size == 0 || *chunk_size > kChunkSizeMax)) {
      chunk_size = std::unexpected("chunk_size: from 1 to 1048576 bytes");
    }
  }
  BodyEnd end = BodyEnd::kComplete;
  if (!size || !chunk_size) {
    const std::string problem = size ? chunk_size.error() : size.error();
    end = co_await responder.decline(400, problem);
  } else {
    end = co_await answer_pattern(responder, *size, *chunk_size);
  }
  co_return end;
}

Task<BodyEnd> answer_drip(Responder& responder, std::string_view) {
  const auto drip = read_drip(query_of(responder), responder.settings().control);
  if (!drip) {
    BodyEnd declined = co_await responder.decline(400, drip.error());
    co_return declined;
  }
  BodyEnd read = co_await responder.drop_body();
  if (read != BodyEnd::kComplete) co_return read;
  bool taken = co_await responder.acquire_permit();
  if (!taken) co_return BodyEnd::kComplete;
  co_await responder.pause(drip->delay);
  const Response response{
      .status = drip->status, .content_type = "application/octet-stream", .size = drip->size};
  co_await responder.begin(response);
  // Not below the resolution of the event loop's timers.
  constexpr Duration kStepMin = std::chrono::milliseconds(1);
  const auto steps = std::clamp<uint64_t>(static_cast<uint64_t>(drip->duration / kStepMin), 1,
                                          std::max<uint64_t>(drip->size, 1));
  const Duration pause = drip->duration / static_cast<int64_t>(std::max<uint64_t>(steps - 1, 1));
  uint64_t sent = 0;
  for (uint64_t step = 1; step <= steps && !responder.silent(); ++step) {
    if (step > 1) co_await responder.pause(pause);
    const auto due = static_cast<uint64_t>(static_cast<double>(drip->size) *
                                           static_cast<double>(step) / static_cast<double>(steps));
    const uint64_t until = step == steps ? drip->size : due;
    while (sent < until) {
      const std::string stars(std::min<uint64_t>(kBlockSize, until - sent), '*');
      co_await responder.write(stars);
      sent += stars.size();
    }
  }
  co_await responder.end();
  co_return BodyEnd::kComplete;
}

}  // namespace echod::http
