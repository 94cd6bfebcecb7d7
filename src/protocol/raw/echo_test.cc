// The raw echo: what comes goes back, in order, and then the end.
#include "protocol/raw/echo.h"

#include <gtest/gtest.h>

#include "protocol/protocol.h"
#include "protocol/protocol_test_util.h"
#include "protocol/raw/handler.h"

namespace echod {
namespace {

TEST(EchoTest, EveryChunkComesBackAtOnce) {
  RawHandler handler;
  Conversation conversation(handler);
  conversation.send("hello\n");
  EXPECT_EQ(conversation.take_received(), "hello\n");
  conversation.send("again\n");
  EXPECT_EQ(conversation.take_received(), "again\n");
  EXPECT_FALSE(conversation.ended());
  EXPECT_EQ(conversation.session().protocol, Protocol::kRaw);
  conversation.finish();
  ASSERT_TRUE(conversation.ended());
  EXPECT_TRUE(conversation.outcome());
}

TEST(EchoTest, FinishesWhenThePeerHas) {
  RawHandler handler;
  Conversation conversation(handler);
  conversation.finish();
  ASSERT_TRUE(conversation.ended());
  EXPECT_TRUE(conversation.outcome());
  EXPECT_TRUE(conversation.got_end());
  EXPECT_EQ(conversation.received(), "");
}

TEST(EchoTest, AllBytesAreKeptAndNoneIsCopied) {
  RawHandler handler;
  Conversation conversation(handler);
  const std::string bytes = pattern(1 << 20);
  const uint64_t copied_before = copied_bytes();
  conversation.send(bytes);
  conversation.finish();
  EXPECT_EQ(copied_bytes() - copied_before, bytes.size());  // the client's own copies
  EXPECT_TRUE(conversation.received() == bytes);
  EXPECT_TRUE(conversation.got_end());
}

TEST(EchoTest, OneChunkIsHeldAtATime) {
  RawHandler handler;
  Conversation conversation(handler, {.buffer_size = 16, .buffer_count_max = 1});
  conversation.send(pattern(10'000));
  EXPECT_TRUE(conversation.received() == pattern(10'000));
  EXPECT_EQ(conversation.pool().leased(), 0u);
}

TEST(EchoTest, EveryByteValueComesBack) {
  RawHandler handler;
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (size_t size = 1; size <= bytes.size(); ++size) {
    Conversation conversation(handler);
    conversation.send_pieces(in_pieces(bytes, size));
    conversation.finish();
    EXPECT_EQ(conversation.received(), bytes) << "in pieces of " << size;
  }
}

TEST(EchoTest, EndsWithTheErrorOfWhicheverOperationFails) {
  RawHandler handler;
  size_t operations = 0;
  for (size_t failing = 0; failing <= operations; ++failing) {
    for (Errc code : {Errc::kReset, Errc::kTimeout, Errc::kNoMemory}) {
      Conversation conversation(handler);
      conversation.server().fail(failing, code);
      conversation.send_pieces({"one", "two", "three"});
      conversation.finish();
      operations = conversation.server().operations();
      ASSERT_TRUE(conversation.ended());
      bool hit = failing < operations;
      ASSERT_EQ(conversation.outcome().has_value(), !hit);
      if (hit) {
        EXPECT_EQ(conversation.outcome().error().code, code);
      }
    }
  }
  EXPECT_EQ(operations, 8u);  // three chunks, the end, and the FIN in response
}

TEST(EchoTest, EndsWhenAborted) {
  RawHandler handler;
  Conversation conversation(handler);
  conversation.send("some");
  conversation.server().abort({Errc::kAborted});
  ASSERT_TRUE(conversation.ended());
  EXPECT_EQ(conversation.outcome().error().code, Errc::kAborted);
}

}  // namespace
}  // namespace echod
