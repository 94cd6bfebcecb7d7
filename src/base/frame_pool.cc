#include "base/frame_pool.h"

#include <utility>

#include "base/check.h"

namespace echod::internal {
namespace {

// The largest frame of a class: what its blocks hold.
constexpr size_t frame_size(size_t size_class) { return size_class * 16 + 8; }
static_assert(frame_class(frame_size(0)) == 0 && frame_class(frame_size(0) + 1) == 1 &&
              frame_class(frame_size(63)) == 63 && frame_class(frame_size(63) + 1) == 64);

// Gives a thread's free frames back when it ends; frames freed after that are not kept.
struct Guard {
  Guard() { frame_pool.watched = true; }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    frame_pool.watched = false;
    for (FreeFrames& list : frame_pool.lists) {
      for (FreeFrame* frame = list.head; frame != nullptr;) {
        ::operator delete(std::exchange(frame, frame->next));
      }
      list = {};
    }
  }
};

}  // namespace

void refuse_frame() { throw std::bad_alloc(); }

void* make_frame(size_t size) {
  ECHOD_CHECK(size > 0);
  const size_t size_class = frame_class(size);
  return ::operator new(kRecycleFrames && size_class < kFrameClasses ? frame_size(size_class)
                                                                     : size);
}

// A frame that is not kept, or the first that this thread frees: only a thread with free frames
// needs a guard.
void end_frame(void* frame) noexcept {
  thread_local const Guard guard;
  ::operator delete(frame);
}

}  // namespace echod::internal
