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

// A stream that the test keeps, for what wants to own one.
class BorrowedStream final : public Stream {
 public:
  explicit BorrowedStream(Stream& inner) : inner_(inner) {}

  Task<Chunk> receive() override { return inner_.receive(); }
  Task<> send(Chunk chunk) override { return inner_.send(std::move(chunk)); }
  Task<> finish_sending() override { return inner_.finish_sending(); }
  void abort(Error reason) noexcept override { inner_.abort(reason); }
  void expires_at(Deadline deadline) override { inner_.expires_at(deadline); }

 private:
  Stream& inner_;
};

inline std::unique_ptr<Stream> borrow(Stream& stream) {
  return std::make_unique<BorrowedStream>(stream);
}

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
