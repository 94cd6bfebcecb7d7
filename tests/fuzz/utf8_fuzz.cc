// The UTF-8 validator: every split refuses the same byte, which is the first one that no code point
// can be completed from, worked out here once more by arithmetic on code points.
#include <array>
#include <optional>
#include <string>

#include "base/utf8.h"
#include "fuzz_input.h"

namespace echod::fuzz {
namespace {

struct Verdict {
  size_t right = 0;       // bytes before the one that is refused
  bool refused = false;   // there is one
  bool complete = false;  // none, and the text does not end within a character

  bool operator==(const Verdict&) const = default;
};

class ValidatorReader {
 public:
  // The place of the refused byte is found by feeding single ones where a whole piece is refused.
  void feed(std::string_view bytes) {
    feed_exactly(bytes, [&](std::span<const std::byte> piece) {
      Utf8Validator before = validator_;
      const bool right = validator_.feed(piece);
      ECHOD_CHECK(!verdict_.refused || !right);
      if (verdict_.refused) return;
      verdict_.refused = !right;
      if (right) {
        verdict_.right += piece.size();
        return;
      }
      while (before.feed(piece.first(1))) {
        piece = piece.subspan(1);
        ++verdict_.right;
      }
    });
  }

  Verdict result() const {
    Verdict verdict = verdict_;
    verdict.complete = validator_.complete();
    return verdict;
  }

 private:
  Utf8Validator validator_;
  Verdict verdict_;
};

// Whether a code point in [low, high] takes `size` bytes.
bool one_exists(uint32_t low, uint32_t high, size_t size) {
  constexpr std::array<uint32_t, 6> kSmallest = {0, 0, 0x80, 0x800, 0x10000, 0x110000};
  low = std::max(low, kSmallest[size]);
  high = std::min(high, kSmallest[size + 1] - 1);
  if (low >= 0xd800 && high <= 0xdfff) return false;
  return low <= high;
}

// Whether `text` can be the beginning of one character, and whether it is all of it.
std::optional<bool> is_character(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text.front());
  size_t size = 1;
  uint32_t value = lead;
  if (lead >= 0x80) {
    if ((lead & 0xe0) == 0xc0) size = 2;
    if ((lead & 0xf0) == 0xe0) size = 3;
    if ((lead & 0xf8) == 0xf0) size = 4;
    if (size == 1) return std::nullopt;
    value = lead & (0xffU >> (size + 1));
  }
  for (const char c : text.substr(1)) {
    if ((static_cast<uint8_t>(c) & 0xc0) != 0x80) return std::nullopt;
    value = value << 6 | (static_cast<uint8_t>(c) & 0x3f);
  }
  const size_t missing_bits = 6 * (size - text.size());
  const uint32_t low = value << missing_bits;
  if (size > 1 && !one_exists(low, low + ((1U << missing_bits) - 1), size)) return std::nullopt;
  return text.size() == size;
}

Verdict verdict_on(std::string_view text) {
  Verdict verdict{.complete = true};
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto whole = is_character(text.substr(begin, i + 1 - begin));
    if (!whole) return {.right = i, .refused = true};
    verdict.complete = *whole;
    verdict.right = i + 1;
    if (*whole) begin = i + 1;
  }
  return verdict;
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod::fuzz;
  using namespace echod;
  const std::string_view text = as_text(data, size);
  const Verdict verdict = verdict_on(text);
  ECHOD_CHECK(same_for_every_split(text, [] { return ValidatorReader(); }) == verdict);
  ECHOD_CHECK(is_utf8(text) == verdict.complete);
  const std::string_view character = text.substr(0, utf8_character_size(text));
  ECHOD_CHECK(character.empty() || is_character(character) == true);
  ECHOD_CHECK(!character.empty() || text.empty() || !verdict_on(text.substr(0, 4)).complete);
  if (!verdict.complete) return 0;
  for (size_t most = 0; most <= size; ++most) {
    const size_t prefix = utf8_prefix_size(text, most);
    ECHOD_CHECK(prefix <= most && most - prefix < 4 && is_utf8(text.substr(0, prefix)));
  }
  return 0;
}
