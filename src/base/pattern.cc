// The pattern is made of words of eight bytes: a Weyl sequence (the word's index times an odd
// constant, plus the seed), its halves mixed, so that every byte of a word depends on most of the
// index. The lowest bit of each byte is the parity of its offset, which makes neighbours differ.
// Only additions, shifts and masks: the compiler turns the loops into vector instructions.
#include "base/pattern.h"

#include <algorithm>
#include <cstring>

namespace echod {
namespace {

constexpr size_t kWordSize = sizeof(uint64_t);
constexpr uint64_t kStep = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio, odd
constexpr uint64_t kLowestBits = 0x0101010101010101;

// In memory order the bytes of a word alternate 0, 1, 0, 1, ... in their lowest bit.
uint64_t parity_bits() {
  constexpr unsigned char kBytes[kWordSize] = {0, 1, 0, 1, 0, 1, 0, 1};
  uint64_t word;
  std::memcpy(&word, kBytes, sizeof(word));
  return word;
}

inline uint64_t finish(uint64_t state) {
  state ^= state >> 32;
  state ^= state << 21;
  return (state & ~kLowestBits) | parity_bits();
}

inline uint64_t word_at(uint64_t seed, uint64_t index) { return finish(seed + index * kStep); }

// splitmix64's finaliser: seeds that differ in one bit make unrelated patterns.
uint64_t scramble(uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

// clang vectorises such loops at the level the whole is compiled with; g++ 12 wants to be told.
#if defined(__GNUC__) && !defined(__clang__)
#define ECHOD_VECTORISE __attribute__((optimize("O3")))
#else
#define ECHOD_VECTORISE
#endif

// Whole words, `count` of them, from the one with state `state` on.
ECHOD_VECTORISE void fill_words(std::byte* out, size_t count, uint64_t state) {
  for (size_t i = 0; i < count; ++i) {
    const uint64_t word = finish(state + i * kStep);
    std::memcpy(out + i * kWordSize, &word, kWordSize);
  }
}

// Nothing but zero bits where all words are right.
ECHOD_VECTORISE uint64_t difference_of_words(const std::byte* in, size_t count, uint64_t state) {
  uint64_t difference = 0;
  for (size_t i = 0; i < count; ++i) {
    uint64_t word;
    std::memcpy(&word, in + i * kWordSize, kWordSize);
    difference |= word ^ finish(state + i * kStep);
  }
  return difference;
}

// Bytes of `bytes` up to the next whole word of the pattern.
size_t head_size(size_t size, uint64_t offset) {
  const size_t into_word = offset % kWordSize;
  return into_word == 0 ? 0 : std::min(size, kWordSize - into_word);
}

}  // namespace

Pattern::Pattern(uint64_t seed) : seed_(scramble(seed + kStep)) {}

std::byte Pattern::at(uint64_t offset) const {
  const uint64_t word = word_at(seed_, offset / kWordSize);
  std::byte bytes[kWordSize];
  std::memcpy(bytes, &word, kWordSize);
  return bytes[offset % kWordSize];
}

void Pattern::fill(std::span<std::byte> out, uint64_t offset) const {
  auto fill_part = [this](std::span<std::byte> part, uint64_t from) {
    const uint64_t word = word_at(seed_, from / kWordSize);
    std::byte bytes[kWordSize];
    std::memcpy(bytes, &word, kWordSize);
    std::memcpy(part.data(), bytes + from % kWordSize, part.size());
  };
  const size_t head = head_size(out.size(), offset);
  if (head > 0) fill_part(out.first(head), offset);
  const size_t words = (out.size() - head) / kWordSize;
  fill_words(out.data() + head, words, seed_ + (offset + head) / kWordSize * kStep);
  const size_t done = head + words * kWordSize;
  if (done < out.size()) fill_part(out.subspan(done), offset + done);
}

std::optional<size_t> Pattern::first_mismatch(std::span<const std::byte> bytes,
                                              uint64_t offset) const {
  // Large blocks are compared in parts that stay in the nearest cache while the wrong byte is
  // searched.
  constexpr size_t kBlockWords = 512;
  size_t done = head_size(bytes.size(), offset);
  if (done > 0 && !part_is_right(bytes.first(done), offset)) return search(bytes, offset, 0);
  while (bytes.size() - done >= kWordSize) {
    const size_t words = std::min((bytes.size() - done) / kWordSize, kBlockWords);
    const uint64_t state = seed_ + (offset + done) / kWordSize * kStep;
    if (difference_of_words(bytes.data() + done, words, state) != 0) {
      return search(bytes, offset, done);
    }
    done += words * kWordSize;
  }
  const std::span<const std::byte> tail = bytes.subspan(done);
  if (!tail.empty() && !part_is_right(tail, offset + done)) return search(bytes, offset, done);
  return std::nullopt;
}

// Less than a word, which it must not go beyond.
bool Pattern::part_is_right(std::span<const std::byte> part, uint64_t offset) const {
  const uint64_t word = word_at(seed_, offset / kWordSize);
  std::byte right[kWordSize];
  std::memcpy(right, &word, kWordSize);
  return std::memcmp(part.data(), right + offset % kWordSize, part.size()) == 0;
}

size_t Pattern::search(std::span<const std::byte> bytes, uint64_t offset, size_t from) const {
  while (bytes[from] == at(offset + from)) ++from;
  return from;
}

}  // namespace echod
