// The HTTP/1 response decoder: every split of the bytes gives the same responses, errors and
// offsets, although a head that came before is not read again; and so does the end of the input.
#include "http1_trace.h"

namespace echod::fuzz {
namespace {

using Reader = TraceReader<wire::ResponseDecoder>;
using Event = wire::ResponseDecoder::Event;

void check(std::string_view bytes, const wire::HttpLimits& limits) {
  const Trace trace = same_for_every_split(bytes, [&] { return Reader(limits); });
  Reader reader(limits);
  reader.feed(bytes);
  const bool between = !reader.decoder().in_response();
  const bool open = !trace.messages.empty() && trace.messages.back().end == 0 &&
                    trace.messages.back().start.contains(
                        "framing=" + std::to_string(int(wire::ResponseFraming::kUntilClose)));
  const Event end = reader.decoder().end_of_input();
  if (!trace.error.empty()) {
    ECHOD_CHECK(end == Event::kError);
  } else if (open) {
    ECHOD_CHECK(end == Event::kEnd);
  } else {
    ECHOD_CHECK(end == (between ? Event::kNeedInput : Event::kError));
  }
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = echod::fuzz::as_text(data, size);
  echod::fuzz::check(bytes, {});
  echod::fuzz::check(bytes, echod::fuzz::tight_limits());
  return 0;
}
