// Changes the options of a running server: all of them from the configuration file (SIGHUP), or
// single ones (the admin listener). A change is validated as a whole before anything is swapped, so
// a mistake leaves everything as it was. What changed is logged.
#pragma once

#include <expected>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/live_options.h"
#include "app/log/access_log.h"
#include "app/log/log.h"
#include "app/serve/server.h"

namespace echod {

// Thread-safe.
class Reloader {
 public:
  // References must outlive it. `options` has been read.
  Reloader(LiveOptions& options, Server& server, Log& log, AccessLog& access_log)
      : options_(options), server_(server), log_(log), access_log_(access_log) {}

  // Reads the options anew and applies those that can change. Logs each difference, or the mistake;
  // returns whether there was none. Values that were set by change() are gone.
  bool reload() noexcept;

  // Gives options other values, all of them or none. Not persisted: they last until the next reload
  // or the end of the process. `peer` is the client that asks, for the log; empty: unknown. The
  // error is a line for people.
  std::expected<void, std::string> change(const std::vector<GivenSetting>& given,
                                          std::string_view peer);

  // The options in effect, in the table's order.
  std::vector<LiveSetting> settings() const;

  ServeOptions options() const;

 private:
  std::expected<void, std::string> reread_and_apply();
  // `what` begins the log line of each difference.
  std::expected<void, std::string> apply(LiveOptions::Change change, std::string_view what,
                                         std::string_view peer);

  mutable std::mutex mutex_;  // guards the options, and makes changes take turns
  LiveOptions& options_;
  Server& server_;
  Log& log_;
  AccessLog& access_log_;
};

}  // namespace echod
