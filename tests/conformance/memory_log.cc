#include "conformance/memory_log.h"

#include <algorithm>

#include "conformance/client.h"

namespace echod {

void MemoryLog::write(const LogLine& line) {
  std::lock_guard lock(mutex_);
  lines_.emplace_back(line.text);
  written_.notify_all();
}

size_t MemoryLog::count(std::string_view text) const {
  std::lock_guard lock(mutex_);
  return count_locked(text);
}

bool MemoryLog::comes_to_say(std::string_view text, size_t times) const {
  std::unique_lock lock(mutex_);
  return written_.wait_until(lock, patience(), [&] { return count_locked(text) >= times; });
}

std::string MemoryLog::all() const {
  std::lock_guard lock(mutex_);
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  return text;
}

size_t MemoryLog::count_locked(std::string_view text) const {
  return static_cast<size_t>(std::ranges::count_if(
      lines_, [=](const std::string& line) { return line.find(text) != std::string::npos; }));
}

}  // namespace echod
