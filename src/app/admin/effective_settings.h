// The settings in effect, for /config: what `echod config dump` shows, as values. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/command_parser.h"

namespace echod {

class EffectiveSettings {
 public:
  using List = std::vector<ShownSetting>;

  explicit EffectiveSettings(List list) : list_(std::make_shared<const List>(std::move(list))) {}

  std::shared_ptr<const List> get() const {
    std::lock_guard lock(mutex_);
    return list_;
  }

  // After the configuration was read again.
  void set(List list) {
    auto next = std::make_shared<const List>(std::move(list));
    std::lock_guard lock(mutex_);
    list_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const List> list_;
};

}  // namespace echod
