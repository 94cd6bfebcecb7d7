// Bytes that tell their place. Each 8-byte word of a stream is a bijection of (seed, stream, index
// of the word), so a word that came back at the wrong place can be read backwards: it says where it
// belongs, and to which connection. That is how a lost byte, a repeated one, two swapped blocks and
// another client's data are told apart.
//
// Written for this program alone. The server's own load tester has another pattern; sharing code
// would let one defect hide the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace torture {

// Where bytes belong: a stream (one for each connection), and an offset in it in bytes.
struct Place {
  uint32_t stream = 0;
  uint64_t offset = 0;
  bool operator==(const Place&) const = default;
};

class Pattern {
 public:
  // A stream is below 2^24 and at most 2^43 bytes long.
  Pattern(uint64_t seed, uint32_t stream) : seed_(seed), stream_(stream) {}

  uint32_t stream() const { return stream_; }

  // The bytes from `offset` on.
  void fill(uint64_t offset, std::span<uint8_t> out) const;

  // How many of the bytes, from the first on, are those from `offset` on.
  size_t match(uint64_t offset, std::span<const uint8_t> bytes) const;

  // Where the first byte belongs, in any stream of this seed. Needs 23 bytes in order; nothing
  // where the bytes are of no stream, or too few.
  std::optional<Place> find(std::span<const uint8_t> bytes) const;

 private:
  uint64_t word(uint64_t index) const;

  uint64_t seed_;
  uint32_t stream_;
};

}  // namespace torture
