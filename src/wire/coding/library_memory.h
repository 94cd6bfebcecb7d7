// The memory of a compression library, which allocates through our functions. So a simulation can
// make an allocation fail, the memory has a limit, and all of it can be freed even if the library
// was interrupted in the middle of a call.
#pragma once

#include <cstddef>

namespace echod::wire {

class LibraryMemory {
 public:
  explicit LibraryMemory(size_t size_max) : size_max_(size_max) {}  // bytes
  LibraryMemory(const LibraryMemory&) = delete;                     // the library keeps its address
  LibraryMemory& operator=(const LibraryMemory&) = delete;
  ~LibraryMemory() { release_all(); }

  // Null if there is no memory, a fault was injected (memory_faults.h), or the limit would be
  // exceeded. Aligned to std::max_align_t.
  void* allocate(size_t size);

  // `memory` is what allocate() returned, or null.
  void release(void* memory);

  // Frees everything that was not released.
  void release_all();

  // The same with the signatures that zlib calls, and the LibraryMemory as the stream's opaque
  // pointer.
  static void* allocate_items(void* memory, unsigned count, unsigned size) {
    return static_cast<LibraryMemory*>(memory)->allocate(size_t{count} * size);
  }
  static void release_items(void* memory, void* items) {
    static_cast<LibraryMemory*>(memory)->release(items);
  }

  size_t size() const { return size_; }  // bytes held, with a small header for each allocation
  size_t size_peak() const { return size_peak_; }

 private:
  // In front of the bytes of each allocation.
  struct alignas(std::max_align_t) Head {
    Head* previous;
    Head* next;
    size_t size;  // its own included
  };

  const size_t size_max_;
  size_t size_ = 0;
  size_t size_peak_ = 0;
  Head* first_ = nullptr;
};

}  // namespace echod::wire
