// The pool of coroutine frames: blocks of every size, whole, apart from each other, on any thread.
#include "base/frame_pool.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace echod {
namespace {

constexpr size_t kSizeMax = 3000;  // beyond the largest that is recycled

struct Frame {
  unsigned char* bytes;
  size_t size;
  unsigned char mark;
};

Frame make_frame(size_t size, size_t mark) {
  auto* bytes = static_cast<unsigned char*>(allocate_frame(size));
  Frame frame{bytes, size, static_cast<unsigned char>(mark)};
  std::memset(frame.bytes, frame.mark, size);
  return frame;
}

// Expects that nobody else wrote to the frame, and frees it.
void end_frame(const Frame& frame) {
  size_t whole = 0;
  for (size_t i = 0; i < frame.size; ++i) whole += frame.bytes[i] == frame.mark ? 1 : 0;
  EXPECT_EQ(whole, frame.size);
  free_frame(frame.bytes, frame.size);
}

TEST(FramePoolTest, FramesOfEverySizeAreWholeAndAligned) {
  for (int round = 0; round < 3; ++round) {
    std::vector<Frame> frames;
    for (size_t size = 1; size <= kSizeMax; ++size) {
      frames.push_back(make_frame(size, size));
      EXPECT_EQ(reinterpret_cast<uintptr_t>(frames.back().bytes) % alignof(std::max_align_t), 0u);
    }
    for (const Frame& frame : frames) end_frame(frame);
  }
}

TEST(FramePoolTest, LiveFramesAreDistinct) {
  std::vector<Frame> frames;
  std::set<unsigned char*> addresses;
  for (size_t i = 0; i < 1000; ++i) {  // more than a free list keeps
    frames.push_back(make_frame(200, i));
    addresses.insert(frames.back().bytes);
  }
  EXPECT_EQ(addresses.size(), frames.size());
  for (const Frame& frame : frames) end_frame(frame);
}

// Where AddressSanitizer looks the lists are off, so that a use after free is seen.
#if defined(__SANITIZE_ADDRESS__)
#define ECHOD_LISTS_OFF 1
#elif defined(__has_feature)  // clang
#if __has_feature(address_sanitizer)
#define ECHOD_LISTS_OFF 1
#endif
#endif

#if !defined(ECHOD_LISTS_OFF)
TEST(FramePoolTest, FramesAreTakenAgain) {
  std::set<void*> first;
  for (int i = 0; i < 100; ++i) first.insert(allocate_frame(300));
  for (void* frame : first) free_frame(frame, 300);
  std::set<void*> second;
  for (int i = 0; i < 100; ++i) second.insert(allocate_frame(300));
  EXPECT_EQ(second, first);
  for (void* frame : second) free_frame(frame, 300);
}
#endif

TEST(FramePoolTest, ABurstOfFramesGivesItsMemoryBack) {
  constexpr size_t kCount = 10'000;
  constexpr size_t kSize = 1000;
  const size_t before = mallinfo2().uordblks;
  std::vector<Frame> frames;
  for (size_t i = 0; i < kCount; ++i) frames.push_back(make_frame(kSize, i));
  if (mallinfo2().uordblks < before + kCount * kSize) {
    for (const Frame& frame : frames) end_frame(frame);
    GTEST_SKIP() << "a sanitizer's allocator counts nothing here";
  }
  for (const Frame& frame : frames) end_frame(frame);
  frames = {};
  EXPECT_LT(mallinfo2().uordblks, before + kCount * kSize / 10);
}

TEST(FramePoolTest, AFrameMayEndOnAnotherThread) {
  std::vector<Frame> frames;
  for (size_t i = 0; i < 500; ++i) frames.push_back(make_frame(1 + i % 700, i));
  std::thread other([&frames] {
    for (const Frame& frame : frames) end_frame(frame);
    frames.clear();
    for (size_t i = 0; i < 500; ++i) frames.push_back(make_frame(1 + i % 700, i));
  });
  other.join();
  for (const Frame& frame : frames) end_frame(frame);
}

}  // namespace
}  // namespace echod
