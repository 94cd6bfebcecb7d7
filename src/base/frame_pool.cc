// Free lists by size class, up to 1 KiB; larger frames go to malloc. Classes are 16 bytes apart and
// eight off a multiple of 16, which is what malloc's blocks hold without waste: every idle
// connection has a few frames. Each list keeps at most kFreeMax frames, so a burst of connections
// gives its memory back.
#include "base/frame_pool.h"

#include <array>
#include <new>

#include "base/check.h"
#include "base/memory_faults.h"

namespace echod {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kRecycle = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kRecycle = false;
#else
constexpr bool kRecycle = true;
#endif
#else
constexpr bool kRecycle = true;
#endif

constexpr size_t kClassStep = 16;
constexpr size_t kClassOffset = 8;
constexpr size_t kClassCount = 64;
constexpr size_t kFreeMax = 256;  // frames kept in each class

constexpr size_t class_of(size_t size) {
  return size <= kClassOffset ? 0 : (size - kClassOffset + kClassStep - 1) / kClassStep;
}
constexpr size_t size_of(size_t size_class) { return size_class * kClassStep + kClassOffset; }
static_assert(class_of(8) == 0 && class_of(9) == 1 && class_of(24) == 1 && class_of(25) == 2);

bool recycled(size_t size) { return kRecycle && class_of(size) < kClassCount; }

struct FreeFrame {
  FreeFrame* next;
};

class FreeLists {
 public:
  ~FreeLists() {
    for (List& list : lists_) {
      while (list.head != nullptr) ::operator delete(pop(list));
    }
  }

  void* take(size_t size_class) {
    List& list = lists_[size_class];
    return list.head == nullptr ? ::operator new(size_of(size_class)) : pop(list);
  }

  void give(void* frame, size_t size_class) noexcept {
    List& list = lists_[size_class];
    if (list.count == kFreeMax) {
      ::operator delete(frame);
      return;
    }
    list.head = new (frame) FreeFrame{list.head};
    ++list.count;
  }

 private:
  struct List {
    FreeFrame* head = nullptr;
    size_t count = 0;
  };

  static void* pop(List& list) noexcept {
    ECHOD_CHECK(list.count > 0);
    FreeFrame* frame = list.head;
    list.head = frame->next;
    --list.count;
    return frame;
  }

  std::array<List, kClassCount> lists_;
};

thread_local FreeLists free_lists;

}  // namespace

void* allocate_frame(size_t size) {
  ECHOD_CHECK(size > 0);
  if (memory_refused()) throw std::bad_alloc();
  return recycled(size) ? free_lists.take(class_of(size)) : ::operator new(size);
}

void free_frame(void* frame, size_t size) noexcept {
  if (recycled(size)) {
    free_lists.give(frame, class_of(size));
  } else {
    ::operator delete(frame);
  }
}

}  // namespace echod
