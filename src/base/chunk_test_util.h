// Chunks with something in them, for tests.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/chunk.h"

namespace echod {

// A chunk of `buffers`, which must have one, that holds `text`.
inline Chunk chunk_of(BufferPool& buffers, std::string_view text) {
  Result<Chunk> chunk = buffers.lease();
  ECHOD_CHECK(chunk);
  chunk->append(text);
  return std::move(*chunk);
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Bytes in which every misplaced one shows.
inline std::string pattern_of(size_t size) {
  std::string pattern(size, '\0');
  uint32_t state = 1;
  for (char& byte : pattern) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return pattern;
}

}  // namespace echod
