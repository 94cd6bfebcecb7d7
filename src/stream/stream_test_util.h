// What the tests of streams share: outcomes turned into what a test compares.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/chunk_test_util.h"
#include "stream/stream.h"

namespace echod {

using StreamPair = std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>>;

// The received text, or what went wrong.
inline std::string text_of(const Result<Chunk>& received) {
  return received ? std::string(received->text()) : "failed: " + describe(received.error());
}

// The error of an outcome that must be one.
template <typename T>
Error error_of(const Result<T>& outcome) {
  EXPECT_FALSE(outcome.has_value());
  return outcome ? Error{} : outcome.error();
}

// Receives once from a stream that must not have to wait.
inline Result<Chunk> receive_now(Stream& stream) {
  Task<Chunk> receiving = stream.receive();
  receiving.start();
  ECHOD_CHECK(receiving.done());
  return receiving.result();
}

}  // namespace echod
