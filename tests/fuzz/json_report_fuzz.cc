// JSON reports as `echod bench compare` and `merge` read them, from anybody: a result that can be
// written, shown and added up, or an error in words.
#include "fuzz_input.h"
#include "report_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto result = echod::parse_json_report(echod::fuzz::as_text(data, size));
  if (result) {
    echod::fuzz::check_result(*result);
  } else {
    ECHOD_CHECK(!result.error().empty());
  }
  return 0;
}
