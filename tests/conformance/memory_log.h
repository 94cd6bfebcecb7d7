// A log that keeps its lines in memory, for tests to look at and to wait for.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "app/log/log.h"

namespace echod {

class MemoryLog final : public Log {
 public:
  bool wants(LogLevel) const override { return true; }
  void write(const LogLine& line) override;
  uint64_t dropped() const override { return 0; }

  // Lines so far with `text` in them.
  size_t count(std::string_view text) const;

  // Waits until there are `times` of them. Returns whether there came to be, within kPatience.
  bool comes_to_say(std::string_view text, size_t times = 1) const;

  // All lines, for a failure's message.
  std::string all() const;

 private:
  size_t count_locked(std::string_view text) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable written_;
  std::vector<std::string> lines_;
};

}  // namespace echod
