// Chunk and BufferPool: leases, their limits, and the bytes in them.
#include "base/chunk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include "base/chunk_test_util.h"
#include "base/memory_faults.h"

namespace echod {
namespace {

constexpr BufferPool::Options kSmall{
    .buffer_size = 16, .buffer_count_max = 4, .spare_count_max = 2};

TEST(ChunkTest, WithoutABufferItIsEmpty) {
  Chunk chunk;
  EXPECT_FALSE(chunk);
  EXPECT_FALSE(chunk.has_buffer());
  EXPECT_EQ(chunk.size(), 0u);
  EXPECT_TRUE(chunk.bytes().empty());
  EXPECT_EQ(chunk.text(), "");
  chunk.drop_front(0);
  chunk.keep_front(0);
}

TEST(ChunkTest, ALeaseIsEmptyAndHasRoom) {
  BufferPool pool(kSmall);
  Result<Chunk> chunk = pool.lease();
  ASSERT_TRUE(chunk);
  EXPECT_FALSE(*chunk);
  EXPECT_TRUE(chunk->has_buffer());
  EXPECT_EQ(chunk->spare().size(), 16u);
  EXPECT_EQ(pool.leased(), 1u);
}

TEST(ChunkTest, SpareIsFilledAndTakenIn) {
  BufferPool pool(kSmall);
  Chunk chunk = chunk_of(pool, "");
  std::memcpy(chunk.spare().data(), "hello", 5);
  chunk.grow(3);
  EXPECT_EQ(chunk.text(), "hel");
  EXPECT_EQ(chunk.spare().size(), 13u);
  chunk.grow(2);
  EXPECT_EQ(chunk.text(), "hello");
  EXPECT_TRUE(chunk);
}

TEST(ChunkTest, BytesCanBeChangedWhereTheyLie) {
  BufferPool pool(kSmall);
  Chunk chunk = chunk_of(pool, "hello");
  chunk.drop_front(1);
  EXPECT_EQ(chunk.mutable_bytes().size(), 4u);
  EXPECT_EQ(chunk.mutable_bytes().data(), chunk.data());
  chunk.mutable_bytes()[0] = std::byte{'E'};
  EXPECT_EQ(chunk.text(), "Ello");
}

TEST(ChunkTest, AppendsUpToTheLastByte) {
  BufferPool pool(kSmall);
  Chunk chunk = chunk_of(pool, "0123456789");
  chunk.append("abcdef");
  EXPECT_EQ(chunk.text(), "0123456789abcdef");
  EXPECT_TRUE(chunk.spare().empty());
  chunk.append("");
  EXPECT_EQ(chunk.size(), 16u);
}

TEST(ChunkTest, DropsAtTheFrontAndKeepsTheFront) {
  BufferPool pool(kSmall);
  Chunk chunk = chunk_of(pool, "0123456789");
  chunk.drop_front(3);
  EXPECT_EQ(chunk.text(), "3456789");
  chunk.keep_front(4);
  EXPECT_EQ(chunk.text(), "3456");
  EXPECT_EQ(chunk.spare().size(), 9u) << "what was dropped at the front is not room behind";
  chunk.append("xyz");
  EXPECT_EQ(chunk.text(), "3456xyz");
  chunk.drop_front(7);
  EXPECT_FALSE(chunk);
  EXPECT_TRUE(chunk.has_buffer());
}

TEST(ChunkTest, CountsWhatItCopies) {
  BufferPool pool(kSmall);
  uint64_t before = copied_bytes();
  Chunk chunk = chunk_of(pool, "01234");
  EXPECT_EQ(copied_bytes() - before, 5u);
  Chunk moved = std::move(chunk);
  moved.grow(2);
  moved.drop_front(1);
  EXPECT_EQ(copied_bytes() - before, 5u) << "moving, growing and dropping copy nothing";
  moved.append("67");
  EXPECT_EQ(copied_bytes() - before, 7u);
}

TEST(ChunkTest, MovingLeavesNothingBehind) {
  BufferPool pool(kSmall);
  Chunk first = chunk_of(pool, "first");
  const std::byte* bytes = first.data();
  Chunk second = std::move(first);
  EXPECT_FALSE(first.has_buffer());  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_EQ(first.size(), 0u);
  EXPECT_EQ(second.text(), "first");
  EXPECT_EQ(second.data(), bytes);
  EXPECT_EQ(pool.leased(), 1u);
}

TEST(ChunkTest, AssigningGivesTheOldBufferBack) {
  BufferPool pool(kSmall);
  Chunk first = chunk_of(pool, "first");
  first = chunk_of(pool, "second");
  EXPECT_EQ(first.text(), "second");
  EXPECT_EQ(pool.leased(), 1u);
  first = Chunk();
  EXPECT_FALSE(first.has_buffer());
  EXPECT_EQ(pool.leased(), 0u);
}

TEST(ChunkTest, AssigningToItselfChangesNothing) {
  BufferPool pool(kSmall);
  Chunk chunk = chunk_of(pool, "same");
  Chunk& alias = chunk;
  chunk = std::move(alias);
  EXPECT_EQ(chunk.text(), "same");
  EXPECT_EQ(pool.leased(), 1u);
}

TEST(BufferPoolTest, LeasesUpToItsLimitAndAgainAfterARelease) {
  BufferPool pool(kSmall);
  std::vector<Chunk> chunks;
  for (int i = 0; i < 4; ++i) chunks.push_back(chunk_of(pool, std::to_string(i)));
  EXPECT_EQ(pool.leased(), 4u);
  EXPECT_FALSE(pool.lease());
  EXPECT_FALSE(pool.acquire());
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(chunks[i].text(), std::to_string(i));
  chunks.erase(chunks.begin());
  EXPECT_EQ(pool.leased(), 3u);
  EXPECT_TRUE(pool.lease());
  EXPECT_EQ(pool.leased(), 3u) << "the lease of the line above is over";
}

TEST(BufferPoolTest, ReusesTheBufferUsedLast) {
  BufferPool pool(kSmall);
  Result<Chunk> first = pool.lease();
  Result<Chunk> second = pool.lease();
  const std::byte* first_bytes = first->data();
  const std::byte* second_bytes = second->data();
  *first = Chunk();
  *second = Chunk();
  EXPECT_EQ(pool.lease()->data(), second_bytes);
  Result<Chunk> third = pool.lease();
  EXPECT_EQ(third->data(), second_bytes);
  EXPECT_EQ(pool.lease()->data(), first_bytes);
}

TEST(BufferPoolTest, KeepsAsManySparesAsItMayAndFreesTheRest) {
  BufferPool pool(kSmall);
  for (int round = 0; round < 100; ++round) {
    std::vector<Chunk> chunks;
    for (int i = 0; i < 4; ++i) chunks.push_back(chunk_of(pool, "x"));
    EXPECT_FALSE(pool.lease());
    std::rotate(chunks.begin(), chunks.begin() + round % 4, chunks.end());
    chunks.clear();
    EXPECT_EQ(pool.leased(), 0u);
  }
  int with_memory = 0;
  for (uint32_t id = 0; id < 4; ++id) with_memory += pool.address(id) != nullptr ? 1 : 0;
  EXPECT_EQ(with_memory, 2);
}

TEST(BufferPoolTest, WithoutSparesEveryBufferIsFreed) {
  BufferPool pool({.buffer_size = 16, .buffer_count_max = 2, .spare_count_max = 0});
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(pool.lease());
    EXPECT_EQ(pool.address(0), nullptr);
  }
}

TEST(BufferPoolTest, AnEngineMayLendABufferByItsNumber) {
  BufferPool pool(kSmall);
  std::optional<uint32_t> first = pool.acquire();
  std::optional<uint32_t> second = pool.acquire();
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(pool.leased(), 2u);
  std::memcpy(pool.address(*first), "from the kernel", 15);
  {
    Chunk chunk = pool.wrap(*first, 15);
    EXPECT_EQ(chunk.text(), "from the kernel");
    EXPECT_EQ(chunk.spare().size(), 1u);
    EXPECT_EQ(pool.leased(), 2u);
  }
  EXPECT_EQ(pool.leased(), 1u);
  pool.release(*second);
  EXPECT_EQ(pool.leased(), 0u);
}

class RefusesAll final : public MemoryFaults {
 public:
  bool refuses_memory() noexcept override { return true; }
};

TEST(BufferPoolTest, WithoutMemoryThereIsNoBuffer) {
  BufferPool pool(kSmall);
  RefusesAll faults;
  {
    MemoryFaultsScope scope(&faults);
    Result<Chunk> refused = pool.lease();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kNoMemory);
  }
  EXPECT_TRUE(pool.lease());
  EXPECT_EQ(pool.leased(), 0u);
}

TEST(BufferPoolDeathTest, MustNotDieBeforeItsLeases) {
  auto leak = [] {
    Chunk outlives;
    BufferPool pool(kSmall);
    outlives = chunk_of(pool, "leaked");
  };
  EXPECT_DEATH(leak(), "check failed: leased\\(\\) == 0");
}

TEST(BufferPoolDeathTest, BytesStayInsideTheBuffer) {
  BufferPool pool(kSmall);
  Chunk chunk = chunk_of(pool, "0123456789");
  EXPECT_DEATH(chunk.append("abcdefg"), "check failed");
  EXPECT_DEATH(chunk.grow(7), "check failed");
  EXPECT_DEATH(chunk.drop_front(11), "check failed");
  EXPECT_DEATH(chunk.keep_front(11), "check failed");
  Chunk none;
  EXPECT_DEATH(std::ignore = none.spare(), "check failed");
}

}  // namespace
}  // namespace echod
