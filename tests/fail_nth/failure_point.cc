#include "fail_nth/failure_point.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "conformance/client_side.h"

namespace echod {
namespace {

constinit std::atomic<bool> armed = false;
constinit std::atomic<uint64_t> calls = 0;
constinit std::atomic<uint64_t> fails_at = 0;
constinit std::atomic<const char*> failed = nullptr;
constinit thread_local bool uncounted = false;

}  // namespace

void arm_failure(uint64_t nth) noexcept {
  calls = 0;
  fails_at = nth;
  failed = nullptr;
  armed = true;
}

uint64_t counted_calls() noexcept { return calls; }

uint64_t disarm_failure() noexcept {
  armed = false;
  return calls;
}

const char* failed_call() noexcept { return failed; }

uint64_t count_call(const char* name) noexcept {
  if (!armed.load(std::memory_order_acquire) || uncounted || is_client_side()) return 0;
  const uint64_t number = calls.fetch_add(1) + 1;
  if (number != fails_at.load(std::memory_order_relaxed)) return 0;
  failed = name;
  return number;
}

Uncounted::Uncounted() noexcept : before_(uncounted) { uncounted = true; }

Uncounted::~Uncounted() { uncounted = before_; }

namespace {

void* allocate(size_t size, size_t alignment) noexcept {
  if (count_call("allocation") != 0) return nullptr;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(size == 0 ? 1 : size);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(size_t size, size_t alignment) {
  void* memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

constexpr size_t kOrdinary = alignof(std::max_align_t);

}  // namespace
}  // namespace echod

// This program's own allocator.
void* operator new(size_t size) { return echod::allocate_or_throw(size, echod::kOrdinary); }
void* operator new[](size_t size) { return echod::allocate_or_throw(size, echod::kOrdinary); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return echod::allocate(size, echod::kOrdinary);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return echod::allocate(size, echod::kOrdinary);
}
void* operator new(size_t size, std::align_val_t alignment) {
  return echod::allocate_or_throw(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return echod::allocate_or_throw(size, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
