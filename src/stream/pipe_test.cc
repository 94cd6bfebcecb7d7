// The pipe in memory: two streams, each the other's peer, without a loop or a buffer between them.
#include "stream/pipe.h"

#include <gtest/gtest.h>

#include <string>

#include "base/chunk.h"
#include "stream/stream_test_util.h"

namespace echod {
namespace {

constexpr Error kPipeReason{Errc::kTimeout, During::kReceive};

class PipeTest : public testing::Test {
 protected:
  Chunk chunk(std::string_view text) { return chunk_of(buffers_, text); }

  BufferPool buffers_{BufferPool::Options{}};
  StreamPair pipe_ = make_pipe();
  Stream& near_ = *pipe_.first;
  Stream& far_ = *pipe_.second;
};

TEST_F(PipeTest, AReceiveWaitsForASend) {
  Task<Chunk> receiving = near_.receive();
  receiving.start();
  EXPECT_FALSE(receiving.done());
  Task<> sending = far_.send(chunk("hello"));
  sending.start();
  EXPECT_TRUE(sending.done());
  ASSERT_TRUE(receiving.done());
  EXPECT_EQ(text_of(receiving.result()), "hello");
}

TEST_F(PipeTest, ASendWaitsForAReceive) {
  Task<> sending = near_.send(chunk("hello"));
  sending.start();
  EXPECT_FALSE(sending.done()) << "nothing is buffered";
  Task<Chunk> receiving = far_.receive();
  receiving.start();
  EXPECT_TRUE(sending.done());
  EXPECT_EQ(text_of(receiving.result()), "hello");
}

TEST_F(PipeTest, TheChunkItselfArrives) {
  Chunk sent = chunk("hello");
  const std::byte* bytes = sent.data();
  Task<> sending = near_.send(std::move(sent));
  sending.start();
  Task<Chunk> receiving = far_.receive();
  receiving.start();
  EXPECT_EQ(receiving.result()->data(), bytes);
}

TEST_F(PipeTest, AnEmptyChunkIsSentAtOnceAndNotReceived) {
  Task<> sending = near_.send(Chunk());
  sending.start();
  EXPECT_TRUE(sending.done());
  Task<Chunk> receiving = far_.receive();
  receiving.start();
  EXPECT_FALSE(receiving.done()) << "an empty chunk would mean the end";
  Task<> finishing = near_.finish_sending();
  finishing.start();
  EXPECT_TRUE(receiving.done());
}

TEST_F(PipeTest, TheEndIsAnEmptyChunkEveryTime) {
  Task<> finishing = near_.finish_sending();
  finishing.start();
  EXPECT_TRUE(finishing.result());
  for (int i = 0; i < 3; ++i) {
    Task<Chunk> receiving = far_.receive();
    receiving.start();
    ASSERT_TRUE(receiving.done());
    EXPECT_EQ(text_of(receiving.result()), "");
  }
}

TEST_F(PipeTest, TheOtherDirectionStaysOpen) {
  Task<> finishing = near_.finish_sending();
  finishing.start();
  Task<Chunk> receiving = near_.receive();
  receiving.start();
  Task<> sending = far_.send(chunk("answer"));
  sending.start();
  EXPECT_EQ(text_of(receiving.result()), "answer");
}

TEST_F(PipeTest, BothDirectionsAtOnce) {
  Task<> forth = near_.send(chunk("forth"));
  Task<> back = far_.send(chunk("back"));
  forth.start();
  back.start();
  Task<Chunk> at_near = near_.receive();
  Task<Chunk> at_far = far_.receive();
  at_near.start();
  at_far.start();
  EXPECT_EQ(text_of(at_near.result()), "back");
  EXPECT_EQ(text_of(at_far.result()), "forth");
}

Task<> send_many(Stream& stream, BufferPool& buffers, int count) {
  for (int i = 0; i < count; ++i) co_await stream.send(chunk_of(buffers, std::to_string(i)));
  co_await stream.finish_sending();
}

Task<int> expect_many(Stream& stream) {
  int count = 0;
  while (Chunk chunk = co_await stream.receive()) {
    EXPECT_EQ(chunk.text(), std::to_string(count));
    ++count;
  }
  co_return count;
}

TEST_F(PipeTest, ManyChunksKeepTheirOrderWhoeverStarts) {
  constexpr int kCount = 100'000;  // enough to overflow the stack, should the two wake each other
  for (bool sender_first : {true, false}) {
    StreamPair pipe = make_pipe();
    Task<> sending = send_many(*pipe.first, buffers_, kCount);
    Task<int> receiving = expect_many(*pipe.second);
    if (sender_first) sending.start();
    receiving.start();
    if (!sender_first) sending.start();
    ASSERT_TRUE(sending.done() && receiving.done());
    EXPECT_TRUE(sending.result());
    EXPECT_EQ(receiving.result(), kCount);
  }
}

TEST_F(PipeTest, AnAbortEndsWhatIsPendingAndWhatComesLater) {
  Task<Chunk> receiving = near_.receive();
  Task<> sending = near_.send(chunk("hello"));
  receiving.start();
  sending.start();
  near_.abort(kPipeReason);
  EXPECT_EQ(error_of(receiving.result()), kPipeReason);
  EXPECT_EQ(error_of(sending.result()), kPipeReason);
  Task<Chunk> receiving_later = near_.receive();
  Task<> sending_later = near_.send(chunk("hello"));
  receiving_later.start();
  sending_later.start();
  EXPECT_EQ(error_of(receiving_later.result()), kPipeReason);
  EXPECT_EQ(error_of(sending_later.result()), kPipeReason);
}

TEST_F(PipeTest, AnAbortIsAResetForThePeer) {
  Task<Chunk> receiving = far_.receive();
  Task<> sending = far_.send(chunk("hello"));
  receiving.start();
  sending.start();
  near_.abort(kPipeReason);
  EXPECT_EQ(error_of(receiving.result()).code, Errc::kReset);
  EXPECT_EQ(error_of(sending.result()).code, Errc::kReset);
}

TEST_F(PipeTest, TheFirstReasonCounts) {
  near_.abort(kPipeReason);
  near_.abort({Errc::kProtocol});
  far_.abort({Errc::kProtocol});
  Task<Chunk> receiving = near_.receive();
  receiving.start();
  EXPECT_EQ(error_of(receiving.result()), kPipeReason);
  Task<Chunk> receiving_far = far_.receive();
  receiving_far.start();
  EXPECT_EQ(error_of(receiving_far.result()).code, Errc::kReset);
}

}  // namespace
}  // namespace echod
