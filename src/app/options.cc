#include "app/options.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "app/command_parser.h"
#include "app/units.h"
#include "wire/http/syntax.h"

namespace echod {
namespace {

constexpr std::string_view kDescription =
    "echod is an echo server: what a client sends comes back, byte for byte over TCP,\n"
    "and as the response body over HTTP/1.1, both on the same port.\n\n"
    "  echod                          listen on 127.0.0.1:8080\n"
    "  echod --listen [::]:7          every address, IPv4 and IPv6, port 7\n"
    "  echod --listen tcp://:9000 --listen http://:9001\n"
    "  echod --engine epoll --workers 2 --log-format json\n\n"
    "Commands: echod COMMAND --help lists the options of each\n"
    "  echod serve                    the echo server, also plain echod\n"
    "  echod bench URL                load test an echo server\n"
    "  echod sim --seeds 1000         run the server in simulated worlds\n"
    "  echod help [COMMAND]           this help, or that of the command\n"
    "  echod version                  the version\n";

constexpr std::string_view kFooter =
    "DURATION is 500ms, 10s, 5m, 2h or 1d, a number alone is seconds. SIZE is bytes: 4096, 64k or\n"
    "64KiB, 1m or 1MiB (powers of 1024), 64kB, 1MB (powers of 1000). 0 means no limit. Words may\n"
    "be written in any case.\n\n"
    "Signals: SIGTERM or SIGINT stops accepting and lets open echoes finish until the\n"
    "drain timeout; a second one ends at once.\n"
    "Exit status: 0 stopped as asked, 1 failed while running, 2 wrong command line,\n"
    "128 + signal number when ended at once by a second signal.\n";

CommandParser::Reader spin_reader(ServeOptions& options) {
  return [&options](const std::string& value) -> Problem {
    constexpr Duration kSpinLimit = std::chrono::milliseconds(10);
    if (value == "auto" || value == "off") {
      options.spin_max = value == "auto" ? kSpinMax : Duration::zero();
      return std::nullopt;
    }
    std::optional<Duration> duration = parse_duration(value);
    if (!duration || *duration > kSpinLimit) {
      return fmt::format("--spin: '{}' is not auto, off or a duration up to 10ms", value);
    }
    options.spin_max = *duration;
    return std::nullopt;
  };
}

void add_serving(CommandParser& parser, ServeOptions& options) {
  parser.group("Serving");
  CommandParser::Reader read_listen = [&options,
                                       first = true](const std::string& value) mutable -> Problem {
    std::expected<ListenUrl, std::string> url = parse_listen_url(value);
    if (!url) return fmt::format("--listen: {}", url.error());
    if (std::exchange(first, false)) options.listen.clear();
    options.listen.push_back(*url);
    return std::nullopt;
  };
  parser.add_repeatable(
      "-l,--listen", read_listen, "[auto|tcp|http://]HOST:PORT",
      "Where to listen and what to speak: auto detects HTTP and echoes everything else raw, tcp "
      "echoes everything raw, http speaks only HTTP. HOST may be a name, an address, [::1] or *; "
      "port 0 picks one. May be repeated (auto://127.0.0.1:8080)");
  std::vector<std::pair<std::string, std::optional<EngineKind>>> engines = {{"auto", std::nullopt}};
  for (EngineKind kind : kEngineKinds) engines.emplace_back(name_of(kind), kind);
  parser.add_choice(
      "-e,--engine", options.engine, engines,
      "How connections are served: auto takes uring where the kernel allows it, else epoll "
      "(auto)");
  parser.add_count(
      "-w,--workers", 1, 10'000, [&options](uint64_t n) { options.workers = unsigned(n); },
      "epoll, uring: event loops (one for each processor); pool: its threads; threads: the most "
      "threads at once (1000)");
  parser.add_count(
      "--queue", 1, 100'000, [&options](uint64_t n) { options.queue_max = unsigned(n); },
      "pool: accepted connections that may wait for a worker (128)");
  parser.add_choice<Spread>(
      "--spread", options.spread,
      {{"auto", Spread::kAuto}, {"local", Spread::kLocal}, {"hash", Spread::kHash}},
      "epoll, uring: which event loop gets a client: local, the one on the processor its packets "
      "come in on, to which it is tied; hash, any; auto, local until one loop has more than it can "
      "do while others idle (auto)");
  parser.add(
      "--spin", spin_reader(options), "auto|off|DURATION",
      "epoll, uring: how long an event loop looks for news before it sleeps, where that pays: "
      "less latency for more processor time; at most 10ms (auto: 50us)");
}

void add_websocket(CommandParser& parser, ServeOptions& options) {
  using Compression = WebSocketCompression;
  parser.add_choice<Compression>(
      "--ws-compression", options.http.websocket.compression,
      {{"message", Compression::kMessage},
       {"context", Compression::kContext},
       {"off", Compression::kOff}},
      "WebSocket's permessage-deflate: message, each by itself, so that it comes back byte for "
      "byte; context, as the client wants it, so that messages may refer to earlier ones; off "
      "(message)");
}

void add_control(CommandParser& parser, ServeOptions& options) {
  parser.group("Answers");
  http::ControlSettings& control = options.http.control;
  static constexpr Duration kForever = std::chrono::years(1);
  parser.add_choice<bool>(
      "--response-control", control.enabled, {{"on", true}, {"off", false}},
      "HTTP: whether clients may ask for an answer by query (?status=503&delay=10ms) and by "
      "X-Echo- fields; see docs/http.md (on)");
  parser.add_count(
      "--seed", 0, INT64_MAX, [&options](uint64_t n) { options.seed = n; },
      "What chance is drawn from: the same requests in the same order get the same answers (a new "
      "one at each start)");
  parser.add_duration(
      "--max-duration",
      [&control](Duration d) { control.duration_max = d == Duration::zero() ? kForever : d; },
      "HTTP: the longest delay of an answer, and the longest time one is spread over (10s)");
  parser.add_size(
      "--max-answer", 1, uint64_t{1} << 60,
      [&control](uint64_t n) { control.size_max = n == 0 ? uint64_t{1} << 60 : n; },
      "HTTP: the largest answer made of nothing: ?size=, /bytes/... (16MiB)");
  parser.add_count(
      "--max-waiting", 0, 1'000'000,
      [&control](uint64_t n) { control.waiting_max = static_cast<uint32_t>(n); },
      "HTTP: answers that are delayed or spread over time at once; more are refused (1000)");
  CommandParser::Reader read_host = [&control](const std::string& value) -> Problem {
    if (!wire::is_host(value)) {
      return fmt::format("--allow-redirect: '{}' is not a host or host:port", value);
    }
    control.redirect_hosts.push_back(value);
    return std::nullopt;
  };
  parser.add_repeatable("--allow-redirect", read_host, "HOST[:PORT]",
                        "HTTP: whom /redirect-to may lead to besides this server; may be repeated "
                        "(nobody)");
  CommandParser::Reader read_field = [&control](const std::string& value) -> Problem {
    if (!http::is_allowable_field(value)) {
      return fmt::format("--allow-response-header: '{}' is not a header name, a prefix with * or *",
                         value);
    }
    control.allowed_fields.push_back(value);
    return std::nullopt;
  };
  parser.add_repeatable(
      "--allow-response-header", read_field, "NAME|PREFIX*|*",
      "HTTP: response headers that clients may set by ?header= besides X-Test, X-Test-*, X-Echo-*, "
      "X-Request-Id, X-Correlation-Id and harmless standard ones; never one that frames the "
      "response; may be repeated (none)");
}

void add_limits(CommandParser& parser, ServeOptions& options) {
  parser.group("Limits");
  constexpr uint64_t kMany = 1'000'000'000;
  parser.add_size(
      "--max-memory", 0, uint64_t{1} << 60, [&options](uint64_t n) { options.memory_max = n; },
      "What requests can make the server keep in all: bodies that are held, compression, half "
      "WebSocket messages; beyond it the newest is refused (a quarter of the memory of the machine "
      "or control group)");
  parser.add_count(
      "--max-connections", 0, kMany, [&options](uint64_t n) { options.connections_max = n; },
      "Connections at once; more wait to be accepted. uring holds more than the limit of open "
      "files "
      "when told to (what that limit allows)");
  parser.add_count(
      "--max-connections-per-source", 0, kMany,
      [&options](uint64_t n) { options.connections_per_source_max = n; },
      "Connections at once from one IPv4 address or IPv6 /64; more are refused (0)");
  parser.add_size(
      "--max-body", 1, uint64_t{1} << 60,
      [&options](uint64_t n) {
        options.http.limits.body_size_max = n == 0 ? uint64_t{1} << 60 : n;
      },
      "HTTP: a request's body; a larger one is answered with 413 (1TiB)");
  parser.add_size(
      "--max-header", 256, 64 << 20,
      [&options](uint64_t n) { options.http.limits.head_size_max = n == 0 ? 64 << 20 : n; },
      "HTTP: a request's line and fields together; a larger head is answered with 431, a larger "
      "line with 414 (32KiB)");
  parser.add_count(
      "--max-header-fields", 1, 1'000'000,
      [&options](uint64_t n) { options.http.limits.field_count_max = n; },
      "HTTP: fields of a request's head, and again of its trailers; more are answered with 431 "
      "(1000)");
  parser.add_size(
      "--max-message", 1, uint64_t{1} << 60,
      [&options](uint64_t n) {
        options.http.websocket.message_size_max = n == 0 ? uint64_t{1} << 60 : n;
      },
      "WebSocket: a message, and what it inflates to; a larger one ends with 1009 (64MiB)");
  parser.add_size(
      "--unsent-buffer", 1024, 1 << 30,
      [&options](uint64_t n) { options.socket.unsent_size_max = n; },
      "Bytes the kernel holds for a client beyond what it was sent, TCP_NOTSENT_LOWAT (128KiB)");
  parser.add_size(
      "--socket-buffer", 4096, 1 << 30, [&options](uint64_t n) { options.socket.buffer_size = n; },
      "Fixes the kernel's buffer in each direction, so that a client that does not read holds "
      "little memory; slows long distances (0: the kernel adapts it)");
}

void add_timeouts(CommandParser& parser, ServeOptions& options) {
  parser.group("Timeouts");
  parser.add_duration(
      "--idle-timeout", [&options](Duration d) { options.idle_timeout = d; },
      "A connection on which nothing comes is closed (5m; sequential: 30s)");
  parser.add_duration(
      "--stall-timeout", [&options](Duration d) { options.stall_timeout = d; },
      "A connection whose client does not take 32KiB in this time, or what there is, is closed "
      "(30s)");
  parser.add_duration(
      "--detect-timeout", [&options](Duration d) { options.detect_timeout = d; },
      "A beginning that may still become HTTP is echoed raw (3s)");
  parser.add_duration(
      "--header-timeout", [&options](Duration d) { options.http.head_timeout = d; },
      "HTTP: from a request's first byte to the end of its head; then 408 (10s)");
  parser.add_duration(
      "--ping-interval", [&options](Duration d) { options.http.websocket.ping_interval = d; },
      "WebSocket: a client that was silent so long is sent a ping, and given up after as long "
      "again (0: never)");
  parser.add_duration(
      "--drain-delay", [&options](Duration d) { options.drain_delay = d; },
      "After SIGTERM or SIGINT, go on serving for so long, with Connection: close, so that clients "
      "and load balancers move on before the listeners close (0)");
  parser.add_duration(
      "--drain-timeout", [&options](Duration d) { options.drain_timeout = d; },
      "After SIGTERM or SIGINT, open echoes may go on this long (5s)");
}

void add_logging(CommandParser& parser, ServeOptions& options) {
  parser.group("Logging");
  using Format = LogFormat;
  using Level = LogLevel;
  parser.add_choice<Format>(
      "--log-format", options.log.format,
      {{"text", Format::kText}, {"logfmt", Format::kLogfmt}, {"json", Format::kJson}},
      "What the log looks like (text)");
  parser.add_choice<Level>("--log-level", options.log.level,
                           {{"debug", Level::kDebug},
                            {"info", Level::kInfo},
                            {"warning", Level::kWarning},
                            {"error", Level::kError},
                            {"off", Level::kOff}},
                           "The least important lines to write (info)");
  parser.add_choice<LogTimestamps>(
      "--log-timestamps", options.log.timestamps,
      {{"auto", LogTimestamps::kAuto}, {"on", LogTimestamps::kOn}, {"off", LogTimestamps::kOff}},
      "Whether lines of text, also of the access log, begin with the time; auto: unless they go "
      "to a terminal or the systemd journal (auto)");
  CommandParser::Reader read_file = [&options](const std::string& value) -> Problem {
    if (value.empty()) return "--log-file: give the name of a file";
    options.log.file = value;
    return std::nullopt;
  };
  parser.add("--log-file", read_file, "FILE", "Append the log to FILE (standard error)");
  CommandParser::Reader read_receives = [&options](const std::string& value) -> Problem {
    std::optional<uint64_t> count = parse_size(value);
    if (value == "all") {
      options.log_receives = kAllReceives;
    } else if (value == "none") {
      options.log_receives = 0;
    } else if (count && *count < kAllReceives) {
      options.log_receives = static_cast<uint32_t>(*count);
    } else {
      return fmt::format("--log-reads: '{}' is not a number, all or none", value);
    }
    return std::nullopt;
  };
  parser.add("--log-reads", read_receives, "N|all|none",
             "Reads logged of each connection before it falls quiet until its closing line (10)");
}

void add_access_log(CommandParser& parser, ServeOptions& options) {
  CommandParser::Reader read_file = [&options](const std::string& value) -> Problem {
    if (value.empty()) return "--access-log: give the name of a file, or - for standard output";
    options.access_log.file = value;
    return std::nullopt;
  };
  parser.add("--access-log", read_file, "FILE|-",
             "HTTP: append a line for each request to FILE, or write it to standard output; what "
             "else would be printed there goes to standard error then (no access log)");
  using Format = AccessLogFormat;
  parser.add_choice<Format>(
      "--access-log-format", options.access_log.format,
      {{"text", Format::kText}, {"json", Format::kJson}, {"combined", Format::kCombined}},
      "What the access log looks like: combined is the format of Apache and nginx (text)");
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  ServeOptions options;
  CommandParser parser({.name = "echod",
                        .description = std::string(kDescription),
                        .footer = std::string(kFooter),
                        .verbs = {"serve", "bench", "sim"}});
  parser.add_default_verb("serve", "Run the echo server (the default)");
  add_serving(parser, options);
  add_websocket(parser, options);
  add_control(parser, options);
  add_limits(parser, options);
  add_timeouts(parser, options);
  add_logging(parser, options);
  add_access_log(parser, options);
  if (auto ending = parser.parse(argc, argv))
    return {std::nullopt, ending->text, ending->exit_code};
  options.access_log.timestamps = options.log.timestamps;
  options.given = {.workers = parser.given("--workers"),
                   .queue = parser.given("--queue"),
                   .spread = parser.given("--spread"),
                   .spin = parser.given("--spin"),
                   .access_log_format = parser.given("--access-log-format")};
  return {options, {}, kExitSuccess};
}

std::vector<std::string_view> ineffective_options(const GivenOptions& given, EngineKind engine) {
  const bool loops = engine == EngineKind::kEpoll || engine == EngineKind::kUring;
  std::vector<std::string_view> names;
  if (given.workers && engine == EngineKind::kSequential) names.emplace_back("--workers");
  if (given.queue && engine != EngineKind::kPool) names.emplace_back("--queue");
  if (given.spread && !loops) names.emplace_back("--spread");
  if (given.spin && !loops) names.emplace_back("--spin");
  return names;
}

}  // namespace echod
