// Where coroutine frames live. Every Task call needs a frame; taking it from a per-thread free list
// costs a third of what malloc does, and a connection's frames are freed on the thread that made
// them. Under AddressSanitizer the lists are off, so that a use after free is seen.
#pragma once

#include <array>
#include <cstddef>
#include <new>

#include "base/memory_faults.h"

namespace echod {

namespace internal {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kRecycleFrames = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kRecycleFrames = false;
#else
inline constexpr bool kRecycleFrames = true;
#endif
#else
inline constexpr bool kRecycleFrames = true;
#endif

// Free lists by size class, up to 1 KiB; larger frames go to malloc. Classes are 16 bytes apart and
// eight off a multiple of 16, which is what malloc's blocks hold without waste: every idle
// connection has a few frames. Each list keeps at most kFreeFramesMax frames, so a burst of
// connections gives its memory back.
inline constexpr size_t kFrameClasses = 64;
inline constexpr size_t kFreeFramesMax = 256;  // kept in each class

constexpr size_t frame_class(size_t size) { return size <= 8 ? 0 : (size + 7) / 16; }
static_assert(frame_class(8) == 0 && frame_class(9) == 1 && frame_class(24) == 1 &&
              frame_class(25) == 2);

struct FreeFrame {
  FreeFrame* next;
};
struct FreeFrames {
  FreeFrame* head = nullptr;
  size_t count = 0;
};
struct FramePool {
  bool watched = false;  // what gives the frames back at the end of the thread has been made
  std::array<FreeFrames, kFrameClasses> lists;
};

// Without a constructor or destructor of its own, so that an access is one instruction.
inline constinit thread_local FramePool frame_pool{};

[[noreturn]] void refuse_frame();
void* make_frame(size_t size);
void end_frame(void* frame) noexcept;

}  // namespace internal

// A block of at least `size` bytes, aligned for any type of ordinary alignment. Throws
// std::bad_alloc where malloc would fail.
inline void* allocate_frame(size_t size) {
  const size_t size_class = internal::frame_class(size);
  if (memory_refused()) internal::refuse_frame();
  if (!internal::kRecycleFrames || size_class >= internal::kFrameClasses) {
    return internal::make_frame(size);
  }
  internal::FreeFrames& list = internal::frame_pool.lists[size_class];
  if (list.head == nullptr) return internal::make_frame(size);
  internal::FreeFrame* frame = list.head;
  list.head = frame->next;
  --list.count;
  return frame;
}

// Gives back a block of allocate_frame(size), on the thread that allocated it or another.
inline void free_frame(void* frame, size_t size) noexcept {
  const size_t size_class = internal::frame_class(size);
  if (!internal::kRecycleFrames || size_class >= internal::kFrameClasses) {
    internal::end_frame(frame);
    return;
  }
  internal::FreeFrames& list = internal::frame_pool.lists[size_class];
  if (list.count == internal::kFreeFramesMax || !internal::frame_pool.watched) {
    internal::end_frame(frame);
    return;
  }
  list.head = new (frame) internal::FreeFrame{list.head};
  ++list.count;
}

}  // namespace echod
