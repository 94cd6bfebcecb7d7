#include "wire/coding/library_memory.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/memory_faults.h"

namespace echod::wire {

void* LibraryMemory::allocate(size_t size) {
  const size_t left = size_max_ - size_;
  if (left < sizeof(Head) || size > left - sizeof(Head) || memory_refused()) return nullptr;
  const size_t whole = sizeof(Head) + size;
  void* place = ::operator new(whole, std::nothrow);
  if (place == nullptr) return nullptr;
  Head* head = new (place) Head{.previous = nullptr, .next = first_, .size = whole};
  if (first_ != nullptr) first_->previous = head;
  first_ = head;
  size_ += whole;
  size_peak_ = std::max(size_peak_, size_);
  return head + 1;
}

void LibraryMemory::release(void* memory) {
  if (memory == nullptr) return;
  Head* head = static_cast<Head*>(memory) - 1;
  (head->previous != nullptr ? head->previous->next : first_) = head->next;
  if (head->next != nullptr) head->next->previous = head->previous;
  size_ -= head->size;
  ::operator delete(head);
}

void LibraryMemory::release_all() {
  while (first_ != nullptr) ::operator delete(std::exchange(first_, first_->next));
  size_ = 0;
}

}  // namespace echod::wire
