// Whether bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond
// U+10FFFF. The validator reads a text that comes in pieces and refuses the first byte that cannot
// be right, however the pieces are cut, because WebSocket wants a connection failed that early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace echod {

class Utf8Validator {
 public:
  // Reads on. False when some byte cannot follow those before it; it stays false until reset().
  // ASCII is read eight bytes at a time.
  bool feed(std::span<const std::byte> bytes);

  // Whether what was fed is right and does not end within a character.
  bool complete() const { return !failed_ && left_ == 0; }

  // Ready for the next text.
  void reset() { *this = Utf8Validator(); }

 private:
  uint8_t left_ = 0;    // bytes that the character begun still needs
  uint8_t low_ = 0x80;  // the next of which is in [low_, high_]
  uint8_t high_ = 0xbf;
  bool failed_ = false;
};

// Whether the whole text is UTF-8.
bool is_utf8(std::string_view text);

// The size of the well-formed character at the front of `text`, or 0 when there is none.
size_t utf8_character_size(std::string_view text);

// The size of the longest beginning of `text`, which is UTF-8, that has at most `size_max` bytes
// and does not end within a character.
size_t utf8_prefix_size(std::string_view text, size_t size_max);

}  // namespace echod
