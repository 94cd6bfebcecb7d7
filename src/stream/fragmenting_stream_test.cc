// FragmentingStream: every byte, in order, in pieces of the size asked for.
#include "stream/fragmenting_stream.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "stream/pipe.h"
#include "stream/stream_test_util.h"

namespace echod {
namespace {

class FragmentingStreamTest : public testing::Test {
 protected:
  Chunk chunk(std::string_view text) { return chunk_of(buffers_, text); }

  // What `stream` receives, piece by piece, of these chunks and the end.
  std::vector<std::string> pieces_of(const std::vector<std::string>& chunks, size_t piece_size) {
    FragmentingStream stream(borrow(inner_), buffers_, piece_size);
    Task<> sending = send_and_finish(far_, buffers_, chunks);
    sending.start();
    std::vector<std::string> pieces;
    do {
      pieces.push_back(text_of(receive_now(stream)));
    } while (!pieces.back().empty());
    EXPECT_TRUE(sending.result());
    return pieces;
  }

  static Task<> send_and_finish(Stream& stream, BufferPool& buffers,
                                const std::vector<std::string>& chunks) {
    for (const std::string& text : chunks) co_await stream.send(chunk_of(buffers, text));
    co_await stream.finish_sending();
  }

  BufferPool buffers_{
      BufferPool::Options{.buffer_size = 16, .buffer_count_max = 3, .spare_count_max = 3}};
  StreamPair pipe_ = make_pipe();
  Stream& inner_ = *pipe_.first;
  Stream& far_ = *pipe_.second;
};

using Pieces = std::vector<std::string>;

TEST_F(FragmentingStreamTest, CutsByteByByte) {
  EXPECT_EQ(pieces_of({"abc", "d"}, 1), (Pieces{"a", "b", "c", "d", ""}));
}

TEST_F(FragmentingStreamTest, TheLastPieceOfAChunkIsTheRest) {
  EXPECT_EQ(pieces_of({"abcdefgh"}, 3), (Pieces{"abc", "def", "gh", ""}));
}

TEST_F(FragmentingStreamTest, WhatDividesHasNoEmptyPiece) {
  EXPECT_EQ(pieces_of({"abcdef"}, 3), (Pieces{"abc", "def", ""}));
}

TEST_F(FragmentingStreamTest, PiecesLargerThanTheChunksChangeNothing) {
  uint64_t before = copied_bytes();
  EXPECT_EQ(pieces_of({"abc", "def"}, 1000), (Pieces{"abc", "def", ""}));
  EXPECT_EQ(copied_bytes() - before, 6u) << "the test's own";
}

TEST_F(FragmentingStreamTest, WithoutABufferNothingIsLost) {
  FragmentingStream stream(borrow(inner_), buffers_, 2);
  Task<> sending = far_.send(chunk("abcd"));
  sending.start();
  EXPECT_EQ(text_of(receive_now(stream)), "ab");
  Task<> sending_more = far_.send(chunk("efgh"));
  sending_more.start();
  EXPECT_EQ(text_of(receive_now(stream)), "cd");
  {
    Chunk first = chunk("held");
    Chunk second = chunk("held");
    EXPECT_EQ(error_of(receive_now(stream)).code, Errc::kNoMemory);
  }
  EXPECT_EQ(text_of(receive_now(stream)), "ef");
}

TEST_F(FragmentingStreamTest, SendsWholeChunks) {
  FragmentingStream stream(borrow(inner_), buffers_, 1);
  Task<> sending = stream.send(chunk("whole"));
  sending.start();
  EXPECT_EQ(text_of(receive_now(far_)), "whole");
  Task<> finishing = stream.finish_sending();
  finishing.start();
  EXPECT_EQ(text_of(receive_now(far_)), "");
}

TEST_F(FragmentingStreamTest, PassesErrorsOn) {
  FragmentingStream stream(borrow(inner_), buffers_, 1);
  far_.abort({Errc::kAborted});
  EXPECT_EQ(error_of(receive_now(stream)).code, Errc::kReset);
}

TEST_F(FragmentingStreamTest, AnAbortEndsEveryReceive) {
  constexpr Error kReason{Errc::kTimeout};
  FragmentingStream stream(borrow(inner_), buffers_, 1);
  Task<> sending = far_.send(chunk("abc"));
  sending.start();
  EXPECT_EQ(text_of(receive_now(stream)), "a");
  stream.abort(kReason);
  EXPECT_EQ(error_of(receive_now(stream)), kReason);
  EXPECT_EQ(buffers_.leased(), 0u);
}

}  // namespace
}  // namespace echod
