#include "http/endpoints/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "http/document.h"
#include "http/endpoints/reflection.h"

namespace echod::http {
namespace {

constexpr uint64_t kEventsMax = 10'000;

struct Events {
  uint64_t count = 10;
  Duration duration = std::chrono::seconds(5);
};

std::expected<Events, std::string> read_events(std::string_view target,
                                               const ControlSettings& settings) {
  Events events;
  events.duration = std::min(events.duration, settings.duration_max);
  const std::string_view query = wire::split_target(target).query;
  if (const auto text = wire::query_argument(query, "count")) {
    const auto [end, error] =
        std::from_chars(text->data(), text->data() + text->size(), events.count);
    const bool whole = error == std::errc() && end == text->data() + text->size();
    if (!whole || events.count > kEventsMax) {
      return std::unexpected(fmt::format("count: expected a number up to {}", kEventsMax));
    }
  }
  if (const auto text = wire::query_argument(query, "duration")) {
    const auto duration = read_duration("duration", *text, limits_of(settings));
    if (!duration) return std::unexpected(duration.error());
    events.duration = *duration;
  }
  return events;
}

std::string ping(uint64_t id) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  return fmt::format("event: ping\ndata: {{\"id\":{},\"timestamp\":{}}}\n\n", id, milliseconds);
}

}  // namespace

Task<BodyEnd> answer_events(Responder& responder, std::string_view) {
  const auto events = read_events(responder.request().target, responder.settings().control);
  if (!events) {
    BodyEnd declined = co_await responder.decline(400, events.error());
    co_return declined;
  }
  ReflectedBody facts;
  BodyEnd read = co_await read_reflected(responder, facts);
  if (read != BodyEnd::kComplete) co_return read;
  bool taken = co_await responder.acquire_permit();
  if (!taken) co_return BodyEnd::kComplete;
  FieldBuffer fields;
  fields.add("X-Accel-Buffering", "no");
  // Tells proxies neither to cache nor to buffer events.
  const Response response{.content_type = "text/event-stream", .fields = fields.list()};
  co_await responder.begin(response);
  if (wire::split_target(responder.request().target).path != "/sse") {
    const ReflectedRequest request{.head = responder.request(),
                                   .body = facts,
                                   .session = responder.session(),
                                   .environment = responder.settings().environment,
                                   .head_duration = responder.head_duration()};
    constexpr std::string_view kDataBegin = "data: ";
    Document document(responder);
    JsonWriter json(2, kDataBegin);
    co_await document.write("event: request\n");
    co_await document.write(kDataBegin);
    co_await reflect_as_json(document, json, request);
    co_await document.write("\n");
    co_await document.end();
  }
  const auto gaps = static_cast<int64_t>(std::max<uint64_t>(events->count, 2) - 1);
  for (uint64_t id = 0; id < events->count && !responder.silent(); ++id) {
    if (id > 0) co_await responder.pause(events->duration / gaps);
    const std::string event = ping(id);
    co_await responder.write(event);
  }
  co_await responder.end();
  co_return BodyEnd::kComplete;
}

}  // namespace echod::http
