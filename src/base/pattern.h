// The bytes a load tester sends: each is a function of the connection's seed and of its own
// position in the stream, so whoever knows the seed can tell for every byte that comes back whether
// it is the right one in the right place. A lost, repeated, swapped or changed byte shows at its
// exact offset, because neighbours always differ and no short stretch occurs twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace echod {

class Pattern {
 public:
  explicit Pattern(uint64_t seed);

  // Writes the pattern's bytes from `offset` on. About 10 ns for 64 bytes, 10 GB/s for many.
  void fill(std::span<std::byte> out, uint64_t offset) const;

  // Where `bytes`, taken for the pattern's from `offset` on, first differs from it: an index into
  // `bytes`. Nothing where it does not.
  std::optional<size_t> first_mismatch(std::span<const std::byte> bytes, uint64_t offset) const;

  // The byte at `offset`.
  std::byte at(uint64_t offset) const;

 private:
  bool part_is_right(std::span<const std::byte> part, uint64_t offset) const;
  size_t search(std::span<const std::byte> bytes, uint64_t offset, size_t from) const;

  uint64_t seed_;
};

}  // namespace echod
