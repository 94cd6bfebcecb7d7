// The load tester's pattern: any stretch of it is the bytes it is made of one by one, and a byte
// that is changed, lost or repeated is found where it is.
#include <vector>

#include "base/pattern.h"
#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  echod::fuzz::FuzzInput input(data, size);
  const echod::Pattern pattern(input.number(8));
  const uint64_t offset = input.number(8) >> 1;  // no stream is longer
  const size_t length = 1 + input.number(2) % 600;
  const size_t place = input.number(2) % length;
  const auto change = static_cast<std::byte>(input.byte());

  std::vector<std::byte> bytes(length);
  pattern.fill(bytes, offset);
  for (size_t i = 0; i < length; ++i) {
    ECHOD_CHECK(bytes[i] == pattern.at(offset + i));
    if (i > 0) ECHOD_CHECK(bytes[i] != bytes[i - 1]);
  }
  ECHOD_CHECK(!pattern.first_mismatch(bytes, offset));
  ECHOD_CHECK(!pattern.first_mismatch(std::span(bytes).subspan(place), offset + place));

  if (change != std::byte{0}) {
    bytes[place] ^= change;
    ECHOD_CHECK(pattern.first_mismatch(bytes, offset) == place);
    bytes[place] ^= change;
  }
  bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(place));
  const auto lost = pattern.first_mismatch(bytes, offset);
  ECHOD_CHECK(place + 1 == length ? !lost : lost == place);
  return 0;
}
