// The memory of a compression library, which allocates through functions of ours: so that a
// simulation can refuse it, that it has a limit, and that all of it can be given back even when the
// library was left in the middle of a call.
#pragma once

#include <cstddef>

namespace echod::wire {

class LibraryMemory {
 public:
  explicit LibraryMemory(size_t size_max) : size_max_(size_max) {}  // bytes
  LibraryMemory(const LibraryMemory&) = delete;                     // the library keeps its address
  LibraryMemory& operator=(const LibraryMemory&) = delete;
  ~LibraryMemory() { release_all(); }

  // Null where there is no memory, it is refused (memory_faults.h), or it would be more than the
  // limit. Aligned for everything that needs no more than std::max_align_t.
  void* allocate(size_t size);

  // What allocate() returned, or null.
  void release(void* memory);

  // Everything that was not released.
  void release_all();

  size_t size() const { return size_; }  // bytes held, a few for the management of each included
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
