// The options of `echod serve`. The defaults are the initialisers of the members; the option table
// is in serve_options.cc.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/admin/admin_options.h"
#include "app/cli/answer_options.h"
#include "app/cli/command_parser.h"
#include "app/cli/listen_url.h"
#include "app/cli/option.h"
#include "app/log/access_log.h"
#include "app/log/log.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "net/socket_options.h"
#include "protocol/http1/handler.h"

namespace echod {

inline constexpr uint32_t kAllReceives = UINT32_MAX;

// Options that were given and may have no effect, for a warning at startup.
struct GivenOptions {
  bool listen = false;
  bool workers = false;
  bool queue = false;
  bool spread = false;
  bool spin = false;
  bool access_log_format = false;  // this and the next need --access-log
  bool access_log_skip = false;
};

struct ServeOptions {
  std::vector<ListenUrl> listen = {ListenUrl{}};

  std::optional<EngineKind> engine;  // none: auto
  unsigned workers = 0;              // 0: default_workers()
  unsigned queue_max = EngineOptions().queue_max;
  Spread spread = Spread::kAuto;     // see EngineOptions
  std::optional<Duration> spin_max;  // none: auto, see choose_spin()

  size_t connections_max = 0;             // 0: as many as the descriptor limit allows
  size_t connections_per_source_max = 0;  // 0: no limit

  // Maximum memory for all requests together, in bytes: bodies, content codings, compression
  // windows. 0: a quarter of the memory available to the process.
  uint64_t memory_max = 0;

  std::optional<Duration> idle_timeout;  // none: kIdleTimeout, or kSequentialIdleTimeout
  Duration stall_timeout = std::chrono::seconds(30);
  Duration detect_timeout = std::chrono::seconds(3);
  Duration drain_delay = Duration::zero();  // after the signal, until draining begins
  Duration drain_timeout = std::chrono::seconds(5);
  Http1Settings http;
  AnswerOptions answers;         // become http.policy
  std::optional<uint64_t> seed;  // of http.control; none: a random one at each start

  SocketOptions socket;

  LogOptions log;
  uint32_t log_receives = 10;  // receives logged per connection; kAllReceives: all
  AccessLogOptions access_log;

  AdminOptions admin;
  std::vector<std::string> shown_variables;  // names; read into http.environment and access_log
  std::vector<std::string> shown_warnings;   // about them, logged at startup

  GivenOptions given;
  std::vector<std::string> warnings;  // logged at startup
};

// The server's options: each row fills its member of `options`, which must outlive the table.
Verb serve_verb();
OptionTable serve_table(ServeOptions& options);

// Sets the members that follow from others, after `parser` has filled the table's.
void complete(ServeOptions& options, const CommandParser& parser);

// The given options that have no effect with `engine`: "--queue".
std::vector<std::string_view> ineffective_options(const GivenOptions& given, EngineKind engine);

inline constexpr Duration kIdleTimeout = std::chrono::minutes(5);

// On the sequential engine one client blocks all others, so its idle timeout is shorter.
inline constexpr Duration kSequentialIdleTimeout = std::chrono::seconds(30);

// The parsed command line: serve, or print `text` and exit with `exit_code`.
struct CommandLine {
  std::optional<ServeOptions> serve;
  std::string text;
  int exit_code = 0;
};

// Reads `echod [serve] [options]`, the environment and the configuration file. Help and version are
// text for standard output with exit code 0; a usage error is one line for standard error with
// kExitUsage.
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace echod
