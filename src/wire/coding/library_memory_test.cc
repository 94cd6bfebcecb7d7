// The memory of a compression library: its limit, its count, and that it can be refused.
#include "wire/coding/library_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

#include "base/memory_faults.h"

namespace echod::wire {
namespace {

TEST(LibraryMemoryTest, KeepsItsLimit) {
  LibraryMemory memory(1000);
  void* first = memory.allocate(400);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(memory.allocate(600), nullptr);
  EXPECT_EQ(memory.allocate(SIZE_MAX), nullptr);
  void* second = memory.allocate(400);
  ASSERT_NE(second, nullptr);
  EXPECT_GE(memory.size(), 800U);
  memory.release(first);
  EXPECT_NE(memory.allocate(400), nullptr);
  EXPECT_LE(memory.size_peak(), 1000U);
}

TEST(LibraryMemoryTest, CountsWhatIsHeld) {
  LibraryMemory memory(1 << 20);
  void* places[3];
  for (void*& place : places) {
    place = memory.allocate(100);
    ASSERT_NE(place, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(place) % alignof(std::max_align_t), 0U);
    std::memset(place, 0xff, 100);
  }
  const size_t peak = memory.size();
  for (const int i : {1, 0, 2}) memory.release(places[i]);
  memory.release(nullptr);
  EXPECT_EQ(memory.size(), 0U);
  EXPECT_EQ(memory.size_peak(), peak);
  EXPECT_NE(memory.allocate(0), nullptr);
  EXPECT_NE(memory.allocate(100), nullptr);
  memory.release_all();
  EXPECT_EQ(memory.size(), 0U);
}

class RefuseAll final : public MemoryFaults {
 public:
  bool refuses_memory() noexcept override { return true; }
};

TEST(LibraryMemoryTest, CanBeRefused) {
  LibraryMemory memory(1000);
  RefuseAll faults;
  const MemoryFaultsScope scope(&faults);
  EXPECT_EQ(memory.allocate(1), nullptr);
  EXPECT_EQ(memory.size(), 0U);
}

}  // namespace
}  // namespace echod::wire
