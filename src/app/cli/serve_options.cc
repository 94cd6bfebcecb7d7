#include "app/cli/serve_options.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "app/cli/foreign_names.h"
#include "app/cli/identity_options.h"
#include "app/cli/log_options.h"
#include "app/cli/units.h"
#include "wire/http/syntax.h"

namespace echod {
namespace {

constexpr uint64_t kConnectionsMax = 1'000'000'000;
constexpr uint64_t kUnlimited = uint64_t{1} << 60;  // bytes
constexpr Duration kForever = std::chrono::years(1);

OptionValue as_listen_urls(std::vector<ListenUrl>& member) {
  std::vector<std::string> defaults;
  defaults.reserve(member.size());
  for (const ListenUrl& url : member) defaults.push_back(format_listen_url(url));
  return as_list<ListenUrl>(member, "URL", std::move(defaults),
                            [](const std::string& text) { return parse_listen_url(text); });
}

OptionValue as_engine(std::optional<EngineKind>& member) {
  std::vector<std::pair<std::string, std::optional<EngineKind>>> engines = {{"auto", std::nullopt}};
  for (EngineKind kind : kEngineKinds) engines.emplace_back(name_of(kind), kind);
  return as_choice(member, std::move(engines));
}

OptionValue as_spin(std::optional<Duration>& member) {
  OptionValue value = as_text("DURATION", {"auto"}, [&member](const std::string& text) -> Problem {
    constexpr Duration kSpinLimit = std::chrono::milliseconds(10);
    if (text == "auto") {
      member.reset();
      return std::nullopt;
    }
    if (text == "off") {
      member = Duration::zero();
      return std::nullopt;
    }
    const std::optional<Duration> duration = parse_duration(text);
    if (!duration || *duration > kSpinLimit) {
      return fmt::format("'{}' is not auto, off or a duration up to 10ms", text);
    }
    member = *duration;
    return std::nullopt;
  });
  value.type = ValueType::kDuration;
  value.choices = {"auto", "off"};
  value.range = "at most 10ms";
  return value;
}

Problem check_redirect_host(const std::string& text) {
  if (wire::is_host(text)) return std::nullopt;
  return fmt::format("'{}' is not a host or host:port", text);
}

Problem check_response_header(const std::string& text) {
  if (http::is_allowable_field(text)) return std::nullopt;
  return fmt::format("'{}' is not a header name, a prefix with * or *", text);
}

std::vector<Option> serving(ServeOptions& o) {
  return {
      {.name = "listen",
       .letters = "l",
       .value = as_listen_urls(o.listen),
       .help = "Listen address and protocol: [auto|tcp|http://]HOST:PORT",
       .details = "auto detects HTTP and echoes everything else raw, tcp echoes everything raw, "
                  "http speaks only HTTP. HOST is a name, an IPv4 address, an IPv6 address in "
                  "brackets, or * for every address. A number alone is a port on 127.0.0.1; port "
                  "0 lets the system choose one.",
       .common = true},
      {.name = "engine",
       .letters = "e",
       .value = as_engine(o.engine),
       .help = "Concurrency model",
       .details = "auto is uring where the kernel allows io_uring, and epoll elsewhere.",
       .common = true},
      {.name = "workers",
       .letters = "w",
       .value = as_count(o.workers, 1, 10'000),
       .help = "Event loops (epoll, uring), or threads at most (pool, threads)",
       .default_note =
           fmt::format("one per CPU, within the CPU quota; pool: 4 per CPU; threads: {}",
                       default_workers(EngineKind::kThreads, 1)),
       .example = "2",
       .common = true},
      {.name = "queue",
       .value = as_count(o.queue_max, 1, 100'000),
       .help = "pool: maximum accepted connections that wait for a thread"},
      {.name = "spread",
       .value = as_choice<Spread>(
           o.spread, {{"auto", Spread::kAuto}, {"local", Spread::kLocal}, {"hash", Spread::kHash}}),
       .help = "epoll, uring: connection distribution over the event loops",
       .details = "local: to the loop on the CPU that receives the client's packets; each loop is "
                  "pinned to a CPU. hash: by a hash of the addresses. auto: local, until one loop "
                  "is overloaded while others are idle."},
      {.name = "spin",
       .value = as_spin(o.spin_max),
       .help = "epoll, uring: busy-poll duration before an event loop sleeps",
       .details =
           "Busy-polling lowers latency and costs CPU time (docs/processor-time.md). auto "
           "is up to 50us where that pays, and off under a CPU quota and with more loops than "
           "CPUs; the first lines of the output say why.",
       .default_note = format_duration(kSpinMax)},
  };
}

std::vector<Option> responses(ServeOptions& o) {
  http::ControlSettings& control = o.http.control;
  using Compression = WebSocketCompression;
  return {
      {.name = "response-control",
       .value = as_choice<bool>(control.enabled, {{"on", true}, {"off", false}}),
       .help = "HTTP: let clients choose the response (?status=503&delay=10ms)",
       .details = "By query and by X-Echo- headers; see docs/http.md.",
       .reloadable = true},
      {.name = "seed",
       .value = as_count(o.seed, 0, INT64_MAX),
       .help = "HTTP: random seed of response control",
       .details = "The same requests in the same order get the same responses.",
       .default_note = "a new one at each start",
       .example = "1",
       .reloadable = true},
      {.name = "max-duration",
       .value = as_duration(control.duration_max, {.zero = kForever}),
       .help = "HTTP: maximum delay of a response, and time to spread one over",
       .reloadable = true},
      {.name = "max-answer",
       .value = as_size(control.size_max, {.min = 1, .zero = kUnlimited}),
       .help = "HTTP: maximum generated response size (?size=, /bytes/{n})",
       .reloadable = true},
      {.name = "max-waiting",
       .value = as_count(control.waiting_max, 0, 1'000'000),
       .help = "HTTP: maximum concurrent delayed responses; then 503",
       .details = "One client address may have half of them.",
       .reloadable = true},
      {.name = "allow-redirect",
       .value = as_texts(control.redirect_hosts, "HOST", check_redirect_host),
       .help = "HTTP: allowed redirect target of /redirect-to, HOST or HOST:PORT",
       .details = "This server itself is always allowed.",
       .default_note = "none",
       .example = "example.org",
       .reloadable = true},
      {.name = "allow-response-header",
       .value = as_texts(control.allowed_fields, "NAME", check_response_header),
       .help = "HTTP: additional header that ?header= may set: NAME, PREFIX* or *",
       .details = "Always allowed are X-Test, X-Test-*, X-Echo-*, X-Request-Id, X-Correlation-Id "
                  "and harmless standard headers; never allowed are headers that frame the "
                  "response.",
       .default_note = "none",
       .example = "X-Trace-*",
       .reloadable = true},
      {.name = "ws-compression",
       .value =
           as_choice<Compression>(o.http.websocket.compression, {{"message", Compression::kMessage},
                                                                 {"context", Compression::kContext},
                                                                 {"off", Compression::kOff}}),
       .help = "WebSocket: permessage-deflate",
       .details = "message: each message by itself, so that it comes back byte for byte. context: "
                  "as the client wants it; messages may refer to earlier ones.",
       .reloadable = true},
      show_environment_option(o.shown_variables),
  };
}

std::vector<Option> limits(ServeOptions& o) {
  wire::HttpLimits& http = o.http.limits;
  return {
      {.name = "max-connections",
       .value = as_count(o.connections_max, 0, kConnectionsMax),
       .help = "Maximum concurrent connections; more wait to be accepted",
       .details = "uring can hold more than the limit of open files, when told to.",
       .default_note = "what the limit of open files allows",
       .common = true,
       .reloadable = true},
      {.name = "max-connections-per-source",
       .value = as_count(o.connections_per_source_max, 0, kConnectionsMax),
       .help = "Maximum concurrent connections per IPv4 address or IPv6 /64",
       .details = "More are refused.",
       .default_note = "no limit",
       .reloadable = true},
      {.name = "max-memory",
       .value = as_size(o.memory_max),
       .help = "Maximum memory that requests make the server keep; then 503",
       .details = "Held bodies, compression and partial WebSocket messages, over all connections. "
                  "WebSocket connections end with 1013.",
       .default_note = "a quarter of the memory of the machine or control group",
       .reloadable = true},
      {.name = "max-body",
       .value = as_size(http.body_size_max, {.min = 1, .zero = kUnlimited}),
       .help = "HTTP: maximum request body; then 413",
       .common = true,
       .reloadable = true},
      {.name = "max-header",
       .value = as_size(http.head_size_max, {.min = 256, .max = 64 << 20, .zero = 64 << 20}),
       .help = "HTTP: maximum request line and headers together; then 431 or 414",
       .reloadable = true},
      {.name = "max-header-fields",
       .value = as_count(http.field_count_max, 1, 1'000'000),
       .help = "HTTP: maximum headers of a request, and trailers; then 431",
       .reloadable = true},
      {.name = "max-message",
       .value = as_size(o.http.websocket.message_size_max, {.min = 1, .zero = kUnlimited}),
       .help = "WebSocket: maximum message, also decompressed; then 1009",
       .reloadable = true},
      {.name = "unsent-buffer",
       .value = as_size(o.socket.unsent_size_max, {.min = 1024, .max = 1 << 30}),
       .help = "Unsent bytes in the kernel per connection (TCP_NOTSENT_LOWAT)"},
      {.name = "socket-buffer",
       .value = as_size(o.socket.buffer_size, {.min = 4096, .max = 1 << 30}),
       .help = "Fixed kernel buffer in each direction (SO_SNDBUF, SO_RCVBUF)",
       .details = "A client that does not read then holds little memory. A fixed size makes long "
                  "paths slow.",
       .default_note = "sized by the kernel"},
  };
}

std::vector<Option> timeouts(ServeOptions& o) {
  return {
      {.name = "idle-timeout",
       .value = as_duration(o.idle_timeout),
       .help = "Close a connection that receives nothing for this long",
       .default_note = fmt::format("{}; sequential: {}", format_duration(kIdleTimeout),
                                   format_duration(kSequentialIdleTimeout)),
       .example = "5m",
       .common = true,
       .reloadable = true},
      {.name = "stall-timeout",
       .value = as_duration(o.stall_timeout),
       .help = "Close a connection that takes less than 32KiB in this time",
       .details = "Or less than all pending data, where that is less than 32KiB.",
       .reloadable = true},
      {.name = "detect-timeout",
       .value = as_duration(o.detect_timeout),
       .help = "Echo an ambiguous prefix raw after this long",
       .reloadable = true},
      {.name = "header-timeout",
       .value = as_duration(o.http.head_timeout),
       .help = "HTTP: maximum time to receive request line and headers; then 408",
       .reloadable = true},
      {.name = "ping-interval",
       .value = as_duration(o.http.websocket.ping_interval),
       .help = "WebSocket: ping a client that is silent for this long",
       .details = "The connection is closed after a second interval of silence.",
       .default_note = "never",
       .reloadable = true},
      {.name = "drain-delay",
       .value = as_duration(o.drain_delay),
       .help = "Keep serving this long after SIGTERM or SIGINT",
       .details = "Responses carry Connection: close, so that clients and load balancers move on "
                  "before the listeners close.",
       .reloadable = true},
      {.name = "drain-timeout",
       .value = as_duration(o.drain_timeout),
       .help = "Graceful shutdown timeout, after SIGTERM or SIGINT; 0: no limit",
       .details = "Exchanges in flight may finish until then. A second signal ends at once.",
       .common = true,
       .reloadable = true},
  };
}

}  // namespace

Verb serve_verb() {
  return {
      .name = "echod",
      .usage = "[serve] [OPTIONS]",
      .summary = "echo server (the default)",
      .description =
          "echod is an echo server: it sends back what a client sends, byte for byte over TCP, "
          "and\n"
          "as the response body over HTTP/1.1, both on the same port.\n\n"
          "  echod                          listen on 127.0.0.1:8080\n"
          "  echod --listen [::]:7          every address, IPv4 and IPv6, port 7\n"
          "  echod --listen tcp://:9000 --listen http://:9001\n"
          "  echod --engine epoll --workers 2 --log-format json\n\n"
          "Commands (echod help COMMAND):\n"
          "  echod [serve]                  run the echo server\n"
          "  echod bench URL                load test an echo server\n"
          "  echod health                   ask a server whether it is healthy\n"
          "  echod sim --seeds 1000         deterministic simulation testing\n"
          "  echod config check FILE        check a configuration file; also dump, example\n"
          "  echod help [COMMAND]           this help, or that of the command\n"
          "  echod version                  the version\n",
      .footer =
          "DURATION is 500ms, 10s, 5m, 2h or 1d; a number alone is seconds. SIZE is bytes: 4096,\n"
          "64k or 64KiB, 1m or 1MiB (powers of 1024), 64kB, 1MB (powers of 1000). 0 means no "
          "limit.\n\n"
          "Signals: SIGTERM or SIGINT starts a graceful shutdown, a second one ends at once.\n"
          "SIGHUP rereads the configuration file and reopens the log files, SIGUSR1 does only\n"
          "the latter.\n"
          "Exit status: 0 stopped as asked, 1 failed at run time, 2 usage error, 128 + signal\n"
          "number when ended at once by a second signal.\n",
      .section = "",
      .is_default = true,
      .subcommands = {"serve", "bench", "health", "sim", "config", "help", "version"},
      .foreign_names = kForeignNames};
}

OptionTable serve_table(ServeOptions& options) {
  return {{"Serving", serving(options)},       {"Responses", responses(options)},
          answer_group(options.answers),       {"Limits", limits(options)},
          {"Timeouts", timeouts(options)},     {"Logging", log_rows(options)},
          {"Admin", admin_rows(options.admin)}};
}

void complete(ServeOptions& options, const CommandParser& parser) {
  options.http.policy = policy_of(options.answers);
  options.access_log.timestamps = options.log.timestamps;
  EnvironmentReading shown = read_environment(options.shown_variables);
  options.http.environment = shown.environment;
  options.access_log.environment = std::move(shown.environment);
  options.shown_warnings = std::move(shown.warnings);
  options.given = {.listen = parser.given("listen"),
                   .workers = parser.given("workers"),
                   .queue = parser.given("queue"),
                   .spread = parser.given("spread"),
                   .spin = parser.given("spin"),
                   .access_log_format = parser.given("access-log-format"),
                   .access_log_skip = parser.given("access-log-skip")};
}

CommandLine parse_command_line(int argc, const char* const* argv) {
  ServeOptions options;
  CommandParser parser(serve_verb(), serve_table(options));
  if (auto ending = parser.parse(argc, argv)) {
    return {std::nullopt, ending->text, ending->exit_code};
  }
  complete(options, parser);
  return {options, {}, kExitSuccess};
}

std::vector<std::string_view> ineffective_options(const GivenOptions& given, EngineKind engine) {
  const bool loops = has_event_loops(engine);
  std::vector<std::string_view> names;
  if (given.workers && engine == EngineKind::kSequential) names.emplace_back("--workers");
  if (given.queue && engine != EngineKind::kPool) names.emplace_back("--queue");
  if (given.spread && !loops) names.emplace_back("--spread");
  if (given.spin && !loops) names.emplace_back("--spin");
  return names;
}

}  // namespace echod
