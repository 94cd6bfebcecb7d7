// Where coroutine frames live. Every Task call needs a frame; taking it from a per-thread free list
// costs a third of what malloc does, and a connection's frames are freed on the thread that made
// them. Under AddressSanitizer the lists are off, so that a use after free is seen.
#pragma once

#include <cstddef>

namespace echod {

// A block of at least `size` bytes, aligned for any type of ordinary alignment. Throws
// std::bad_alloc where malloc would fail.
void* allocate_frame(size_t size);

// Gives back a block of allocate_frame(size), on the thread that allocated it or another.
void free_frame(void* frame, size_t size) noexcept;

}  // namespace echod
