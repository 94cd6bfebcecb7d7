// What the process's main thread tells its service manager while it serves: that it is ready, how
// many connections there are, and, for a watchdog, that every event loop still gets around.
#pragma once

#include <string>

#include "app/log/log.h"
#include "app/serve/server.h"
#include "app/serve/service_manager.h"
#include "base/clock.h"

namespace echod {

class ServiceReport {
 public:
  // References must outlive it.
  ServiceReport(ServiceManager& manager, Server& server, Log& log)
      : manager_(manager), server_(server), log_(log) {}

  void started();
  void reloading() { manager_.reloading(); }
  void reloaded() { started(); }

  // The server begins to end. From now on tick() extends the manager's stop timeout as long as it
  // is called, so that a long drain is not cut.
  void stopping();

  // Call it whenever tick_due() has passed; more often costs nothing.
  void tick();
  Time tick_due() const { return next_; }

 private:
  static constexpr Duration kStatusInterval = std::chrono::seconds(10);
  static constexpr Duration kCheckInterval = std::chrono::milliseconds(10);  // at least
  static constexpr Duration kExtensionInterval = std::chrono::seconds(1);
  static constexpr Duration kExtension = std::chrono::seconds(10);

  std::string status() const;
  void check_loops(Time now);
  void schedule(Time now);

  ServiceManager& manager_;
  Server& server_;
  Log& log_;
  MonotonicClock clock_;
  Time next_ = kNever;
  Time next_status_{};  // long ago: due at once
  Time next_check_{};
  Time next_extension_{};
  std::string last_status_;
  bool stopping_ = false;
  bool stuck_ = false;  // and said so
};

}  // namespace echod
