// HdrHistogram's interval logs, ours and those of other tools, and the histograms in them.
#include "app/bench/report/histogram_codec.h"
#include "fuzz_input.h"
#include "report_check.h"

namespace echod::fuzz {
namespace {

// Every histogram that can be read is the same after it was written and read again.
void check_histogram(std::string_view base64) {
  const auto histogram = decode_histogram(base64);
  if (!histogram) {
    ECHOD_CHECK(!histogram.error().empty());
    return;
  }
  const std::string text = encode_histogram(*histogram);
  const auto again = decode_histogram(text);
  ECHOD_CHECK(again && encode_histogram(*again) == text);
  ECHOD_CHECK(again->count() == histogram->count());
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod;
  const std::string_view text = fuzz::as_text(data, size);
  fuzz::check_histogram(text.substr(0, text.find('\n')));
  const auto result = parse_hlog(text, 100);
  if (!result) {
    ECHOD_CHECK(!result.error().empty());
    return 0;
  }
  if (result->plan.loop.empty()) return 0;  // others' latencies alone are no whole report
  fuzz::check_result(*result);
  const auto again = parse_hlog(hlog_report(*result), 100);
  ECHOD_CHECK(again && json_report(*again) == json_report(*result));
  return 0;
}
