// The HTTP/1 request decoder: every split of the bytes gives the same requests, errors and offsets,
// with the limits as they are shipped and with tight ones.
#include "http1_trace.h"

namespace echod::fuzz {
namespace {

using Reader = TraceReader<wire::RequestDecoder>;

void check_limits(const Trace& trace, const wire::HttpLimits& limits) {
  uint64_t begin = 0;
  for (const TracedMessage& message : trace.messages) {
    ECHOD_CHECK(message.body.size() <= limits.body_size_max);
    // Two empty lines may come before a request line.
    ECHOD_CHECK(message.head_end - begin <= limits.head_size_max + 64);
    begin = message.end;
  }
}

void check(std::string_view bytes, const wire::HttpLimits& limits) {
  check_limits(same_for_every_split(bytes, [&] { return Reader(limits); }), limits);
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = echod::fuzz::as_text(data, size);
  echod::fuzz::check(bytes, {});
  echod::fuzz::check(bytes, echod::fuzz::tight_limits());
  return 0;
}
