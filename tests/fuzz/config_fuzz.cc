// Configuration files: read, or refused with a line's number and words; what was read is read again
// from its print.
#include <algorithm>
#include <string>
#include <string_view>

#include "app/cli/config_file.h"
#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = parse_config(text);
  if (!file) {
    ECHOD_CHECK(file.error().front() >= '1' && file.error().front() <= '9');
    ECHOD_CHECK(file.error().contains(": "));
    return 0;
  }
  const auto lines = 1 + std::ranges::count(text, '\n');
  for (const ConfigEntry& entry : file->entries) {
    ECHOD_CHECK(entry.line >= 1 && entry.line <= lines && !entry.key.empty());
    ECHOD_CHECK(entry.is_array || entry.values.size() == 1);
    for (const std::string& value : entry.values) {
      const auto again = parse_config("key = " + toml_value(value));
      ECHOD_CHECK(again && again->entries.front().values.front() == value);
    }
  }
  return 0;
}
