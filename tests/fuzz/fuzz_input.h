// What the fuzz targets share: bytes of the input taken as numbers and texts, and splits of it.
//
// A target is one file, NAME_fuzz.cc, with the properties of one thing as checks; a property that
// does not hold ends the process, which is what a fuzzer looks for. Where that is possible the
// whole input is what is parsed, so that a file of the corpus can be read and written by hand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/check.h"
#include "base/random.h"

namespace echod::fuzz {

inline std::string_view as_text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Taken from the front. At its end numbers are 0 and texts empty, so every input means something.
class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : rest_(as_text(data, size)) {}

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }

  // Little-endian, of `size` <= 8 bytes.
  uint64_t number(size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) value |= static_cast<uint64_t>(byte()) << (8 * i);
    return value;
  }

  // Up to `size` bytes.
  std::string_view text(size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  // Up to the next `separator`, which is taken too.
  std::string_view text_until(char separator) {
    const std::string_view taken = rest_.substr(0, rest_.find(separator));
    rest_.remove_prefix(std::min(rest_.size(), taken.size() + 1));
    return taken;
  }

 private:
  std::string_view rest_;
};

// The same number for the same bytes (FNV-1a): what chance in a target is drawn from.
inline uint64_t hash_of(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Gives `feed` the bytes in a buffer of exactly their size, which is freed afterwards: a read
// beyond them, or later, is an error for AddressSanitizer.
template <typename Feed>
void feed_exactly(std::string_view bytes, Feed&& feed) {
  const auto buffer = std::make_unique<std::byte[]>(bytes.size());
  std::ranges::copy(std::as_bytes(std::span(bytes)), buffer.get());
  feed(std::span<const std::byte>(buffer.get(), bytes.size()));
}

// Checks that a `Reader`, made by `make`, comes to an equal result() whether `bytes` are fed to it
// whole, one at a time, cut in two (anywhere, when they are few; in some places otherwise), or in
// pieces of any size. Returns that result.
template <typename Make>
auto same_for_every_split(std::string_view bytes, Make make) {
  constexpr size_t kEveryCutMax = 40;  // bytes; the unit tests try every cut of longer inputs
  constexpr size_t kCuts = 6;
  auto whole = make();
  whole.feed(bytes);

  auto single = make();
  for (size_t i = 0; i < bytes.size(); ++i) single.feed(bytes.substr(i, 1));
  ECHOD_CHECK(single.result() == whole.result());

  Random random(hash_of(bytes));
  const bool few = bytes.size() <= kEveryCutMax;
  for (size_t i = 0; i < (few ? bytes.size() : kCuts); ++i) {
    const size_t cut = few ? i : random.below(bytes.size());
    auto halves = make();
    halves.feed(bytes.substr(0, cut));
    halves.feed(bytes.substr(cut));
    ECHOD_CHECK(halves.result() == whole.result());
  }

  auto pieces = make();
  for (std::string_view rest = bytes; !rest.empty();) {
    const size_t size = std::min<size_t>(rest.size(), random.spread(64) - random.below(2));
    pieces.feed(rest.substr(0, size));  // also empty ones
    rest.remove_prefix(size);
  }
  ECHOD_CHECK(pieces.result() == whole.result());
  return whole.result();
}

}  // namespace echod::fuzz
