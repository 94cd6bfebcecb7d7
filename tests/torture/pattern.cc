#include "pattern.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace torture {
namespace {

static_assert(std::endian::native == std::endian::little, "words are compared as bytes");

constexpr unsigned kIndexBits = 40;
constexpr uint64_t kIndexMask = (uint64_t{1} << kIndexBits) - 1;
constexpr size_t kWord = sizeof(uint64_t);

// The finaliser of SplitMix64: a bijection whose every output bit depends on every input bit.
constexpr uint64_t kFirst = 0xBF58476D1CE4E5B9;
constexpr uint64_t kSecond = 0x94D049BB133111EB;

constexpr uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * kFirst;
  value = (value ^ (value >> 27)) * kSecond;
  return value ^ (value >> 31);
}

// Of an odd number modulo 2^64, by Newton's method: each step doubles the bits that are right.
constexpr uint64_t inverse(uint64_t odd) {
  uint64_t result = odd;
  for (int step = 0; step < 6; ++step) result *= 2 - odd * result;
  return result;
}

constexpr uint64_t unshift(uint64_t value, unsigned bits) {
  uint64_t result = value;
  for (unsigned known = bits; known < 64; known += bits) result = value ^ (result >> bits);
  return result;
}

constexpr uint64_t unmix(uint64_t value) {
  value = unshift(value, 31) * inverse(kSecond);
  value = unshift(value, 27) * inverse(kFirst);
  return unshift(value, 30);
}

static_assert(unmix(mix(0x0123456789ABCDEF)) == 0x0123456789ABCDEF);

uint64_t load(const uint8_t* bytes) {
  uint64_t value = 0;
  std::memcpy(&value, bytes, kWord);
  return value;
}

}  // namespace

uint64_t Pattern::word(uint64_t index) const {
  return mix(((uint64_t{stream_} << kIndexBits) | (index & kIndexMask)) ^ seed_);
}

void Pattern::fill(uint64_t offset, std::span<uint8_t> out) const {
  uint64_t index = offset / kWord;
  size_t skip = offset % kWord;
  while (!out.empty()) {
    const uint64_t value = word(index++);
    const size_t size = std::min(kWord - skip, out.size());
    if (size == kWord) {
      std::memcpy(out.data(), &value, kWord);
    } else {
      const auto bytes = std::bit_cast<std::array<uint8_t, kWord>>(value);
      std::memcpy(out.data(), bytes.data() + skip, size);
    }
    out = out.subspan(size);
    skip = 0;
  }
}

size_t Pattern::match(uint64_t offset, std::span<const uint8_t> bytes) const {
  size_t done = 0;
  while (done < bytes.size()) {
    const uint64_t index = (offset + done) / kWord;
    const size_t skip = (offset + done) % kWord;
    const size_t size = std::min(kWord - skip, bytes.size() - done);
    const uint64_t value = word(index);
    if (size == kWord && load(bytes.data() + done) == value) {
      done += kWord;
      continue;
    }
    const auto right = std::bit_cast<std::array<uint8_t, kWord>>(value);
    for (size_t i = 0; i < size; ++i, ++done) {
      if (bytes[done] != right[skip + i]) return done;
    }
  }
  return done;
}

std::optional<Place> Pattern::find(std::span<const uint8_t> bytes) const {
  for (size_t skip = 0; skip < kWord && skip + 2 * kWord <= bytes.size(); ++skip) {
    const uint64_t first = unmix(load(bytes.data() + skip)) ^ seed_;
    const uint64_t second = unmix(load(bytes.data() + skip + kWord)) ^ seed_;
    // Any word can be read backwards; two that follow each other are no accident.
    if (second != first + 1) continue;
    const uint64_t offset = (first & kIndexMask) * kWord;
    const Place place{static_cast<uint32_t>(first >> kIndexBits), offset - skip};
    if (offset < skip ||
        Pattern(seed_, place.stream).match(place.offset, bytes.first(skip)) < skip) {
      continue;
    }
    return place;
  }
  return std::nullopt;
}

}  // namespace torture
