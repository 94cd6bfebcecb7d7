// What `echod serve` can be told, and its defaults.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "app/command_parser.h"
#include "app/listen_url.h"
#include "app/log/access_log.h"
#include "app/log/log.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "net/socket_options.h"
#include "protocol/http1/handler.h"

namespace echod {

inline constexpr uint32_t kAllReceives = UINT32_MAX;

// Options that were given and may have no effect, which is then said at the start.
struct GivenOptions {
  bool workers = false;
  bool queue = false;
  bool spread = false;
  bool spin = false;
  bool access_log_format = false;  // needs --access-log
};

struct ServeOptions {
  std::vector<ListenUrl> listen = {ListenUrl{}};

  std::optional<EngineKind> engine;  // none: auto
  unsigned workers = 0;              // 0: default_workers()
  unsigned queue_max = 128;          // the pool engine's queue, connections
  Spread spread = Spread::kAuto;     // see EngineOptions, and the next
  Duration spin_max = kSpinMax;

  size_t connections_max = 0;             // 0: what the descriptor limit allows
  size_t connections_per_source_max = 0;  // 0: no limit

  // What requests can make the server keep in all, in bytes: bodies, coders, windows. 0: a quarter
  // of what the system leaves to the process.
  uint64_t memory_max = 0;

  std::optional<Duration> idle_timeout;  // none: kIdleTimeout, or kSequentialIdleTimeout
  Duration stall_timeout = std::chrono::seconds(30);
  Duration detect_timeout = std::chrono::seconds(3);
  Duration drain_delay = Duration::zero();  // after the signal, until draining begins
  Duration drain_timeout = std::chrono::seconds(5);
  Http1Settings http;
  std::optional<uint64_t> seed;  // of http.control; none: one that differs at each start

  SocketOptions socket;

  LogOptions log;
  uint32_t log_receives = 10;  // receives logged of each connection; kAllReceives: all
  AccessLogOptions access_log;

  GivenOptions given;
};

// The options that were given and that `engine` does not look at: "--queue".
std::vector<std::string_view> ineffective_options(const GivenOptions& given, EngineKind engine);

inline constexpr Duration kIdleTimeout = std::chrono::minutes(5);

// One client holds up all others then, so it may be silent for less long.
inline constexpr Duration kSequentialIdleTimeout = std::chrono::seconds(30);

// What the command line asks for: to serve, or to print `text` and exit with `exit_code`.
struct CommandLine {
  std::optional<ServeOptions> serve;
  std::string text;
  int exit_code = 0;
};

// Reads `echod [serve] [options]`. Help and version are text for standard output with exit code 0,
// mistakes one line for standard error with kExitUsage.
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace echod
