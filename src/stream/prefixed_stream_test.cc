// PrefixedStream: what was read ahead comes first, and then it is the inner stream.
#include "stream/prefixed_stream.h"

#include <gtest/gtest.h>

#include <tuple>

#include "stream/fragmenting_stream.h"
#include "stream/pipe.h"
#include "stream/stream_test_util.h"

namespace echod {
namespace {

class PrefixedStreamTest : public testing::Test {
 protected:
  Chunk chunk(std::string_view text) { return chunk_of(buffers_, text); }

  // The peer's send, which ends when the stream under test receives.
  void start_peer(std::string_view text) {
    peer_sending_.emplace(far_.send(chunk(text)));
    peer_sending_->start();
  }

  BufferPool buffers_{BufferPool::Options{}};
  StreamPair pipe_ = make_pipe();
  Stream& inner_ = *pipe_.first;
  Stream& far_ = *pipe_.second;
  std::optional<Task<>> peer_sending_;
};

TEST_F(PrefixedStreamTest, GivesThePrefixAndThenTheRest) {
  PrefixedStream stream(borrow(inner_));
  stream.prepend(chunk("held"), chunk("next"));
  start_peer("inner");
  EXPECT_EQ(text_of(receive_now(stream)), "held");
  EXPECT_EQ(text_of(receive_now(stream)), "next");
  EXPECT_EQ(text_of(receive_now(stream)), "inner");
}

TEST_F(PrefixedStreamTest, AnEmptyPartIsNotTheEnd) {
  start_peer("inner");
  PrefixedStream only_held(borrow(inner_));
  only_held.prepend(chunk("held"), Chunk());
  EXPECT_EQ(text_of(receive_now(only_held)), "held");
  PrefixedStream only_next(borrow(inner_));
  only_next.prepend(chunk(""), chunk("next"));
  EXPECT_EQ(text_of(receive_now(only_next)), "next");
  PrefixedStream neither(borrow(inner_));
  neither.prepend(chunk(""), Chunk());
  EXPECT_EQ(text_of(receive_now(neither)), "inner");
}

TEST_F(PrefixedStreamTest, ThePrefixIsMovedAndNotKept) {
  {
    PrefixedStream stream(borrow(inner_));
    stream.prepend(chunk("held"), chunk("next"));
    EXPECT_EQ(buffers_.leased(), 2u);
    std::ignore = receive_now(stream);
    EXPECT_EQ(buffers_.leased(), 1u);
  }
  EXPECT_EQ(buffers_.leased(), 0u);
}

TEST_F(PrefixedStreamTest, WithoutAPrefixItIsTheInnerStream) {
  PrefixedStream stream(borrow(inner_));
  start_peer("inner");
  EXPECT_EQ(text_of(receive_now(stream)), "inner");
}

TEST_F(PrefixedStreamTest, TakesAnotherPrefixWhenTheFirstIsGivenOut) {
  PrefixedStream stream(borrow(inner_));
  for (std::string_view text : {"first", "second"}) {
    stream.prepend(chunk(text), Chunk());
    EXPECT_EQ(text_of(receive_now(stream)), text);
  }
}

TEST_F(PrefixedStreamTest, SendsAndFinishesThroughTheInnerStream) {
  PrefixedStream stream(borrow(inner_));
  stream.prepend(chunk("held"), Chunk());
  Task<> sending = stream.send(chunk("answer"));
  sending.start();
  EXPECT_EQ(text_of(receive_now(far_)), "answer");
  EXPECT_TRUE(sending.result());
  Task<> finishing = stream.finish_sending();
  finishing.start();
  EXPECT_EQ(text_of(receive_now(far_)), "");
}

TEST_F(PrefixedStreamTest, AnAbortEndsEveryReceive) {
  constexpr Error kReason{Errc::kTimeout};
  PrefixedStream stream(borrow(inner_));
  stream.prepend(chunk("held"), chunk("next"));
  stream.abort(kReason);
  EXPECT_EQ(error_of(receive_now(stream)), kReason);
  EXPECT_EQ(error_of(receive_now(far_)).code, Errc::kReset);
  EXPECT_EQ(buffers_.leased(), 0u);
}

// Each owns the one below, so a pointer to the last is the whole stack.
TEST_F(PrefixedStreamTest, StandsOnAnotherDecorator) {
  std::unique_ptr<Stream> stream = std::make_unique<FragmentingStream>(borrow(inner_), buffers_, 2);
  auto prefixed = std::make_unique<PrefixedStream>(std::move(stream));
  prefixed->prepend(chunk("held"), Chunk());
  stream = std::move(prefixed);
  start_peer("abc");
  for (std::string_view text : {"held", "ab", "c"}) {
    EXPECT_EQ(text_of(receive_now(*stream)), text);
  }
}

}  // namespace
}  // namespace echod
