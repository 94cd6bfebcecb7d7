#include "base/utf8.h"

#include <algorithm>
#include <cstring>

namespace echod {
namespace {

// What may follow a first byte: RFC 3629 section 4 as a table.
struct Lead {
  uint8_t left;  // bytes that follow; kNone where it begins no character
  uint8_t low;   // the bounds of the first of them; the others are in [0x80, 0xbf]
  uint8_t high;
};

constexpr uint8_t kNone = 255;

Lead lead_of(uint8_t byte) {
  if (byte < 0x80) return {0, 0x80, 0xbf};
  if (byte < 0xc2) return {kNone, 0, 0};  // a byte that follows, or an overlong form
  if (byte < 0xe0) return {1, 0x80, 0xbf};
  if (byte == 0xe0) return {2, 0xa0, 0xbf};  // below: overlong
  if (byte == 0xed) return {2, 0x80, 0x9f};  // above: surrogates
  if (byte < 0xf0) return {2, 0x80, 0xbf};
  if (byte == 0xf0) return {3, 0x90, 0xbf};  // below: overlong
  if (byte < 0xf4) return {3, 0x80, 0xbf};
  if (byte == 0xf4) return {3, 0x80, 0x8f};  // above: beyond U+10FFFF
  return {kNone, 0, 0};
}

bool follows(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// How many bytes from `at` on are ASCII, in whole words of eight.
size_t ascii_words(std::span<const std::byte> bytes, size_t at) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  size_t end = at;
  while (bytes.size() - end >= sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + end, sizeof(word));
    if ((word & kHighBits) != 0) break;
    end += sizeof(word);
  }
  return end - at;
}

}  // namespace

bool Utf8Validator::feed(std::span<const std::byte> bytes) {
  if (failed_) return false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (left_ == 0) {
      i += ascii_words(bytes, i);
      if (i == bytes.size()) break;
      const Lead lead = lead_of(static_cast<uint8_t>(bytes[i]));
      if (lead.left == kNone) {
        failed_ = true;
        return false;
      }
      left_ = lead.left;
      low_ = lead.low;
      high_ = lead.high;
      continue;
    }
    const auto byte = static_cast<uint8_t>(bytes[i]);
    if (byte < low_ || byte > high_) {
      failed_ = true;
      return false;
    }
    --left_;
    low_ = 0x80;
    high_ = 0xbf;
  }
  return true;
}

bool is_utf8(std::string_view text) {
  Utf8Validator validator;
  return validator.feed(std::as_bytes(std::span(text))) && validator.complete();
}

size_t utf8_character_size(std::string_view text) {
  if (text.empty()) return 0;
  const Lead lead = lead_of(static_cast<uint8_t>(text.front()));
  if (lead.left == 0) return 1;
  if (lead.left == kNone || text.size() <= lead.left) return 0;
  const std::string_view character = text.substr(0, size_t{1} + lead.left);
  return is_utf8(character) ? character.size() : 0;
}

size_t utf8_prefix_size(std::string_view text, size_t size_max) {
  if (text.size() <= size_max) return text.size();
  size_t size = size_max;
  while (size > 0 && follows(text[size])) --size;
  return size;
}

}  // namespace echod
