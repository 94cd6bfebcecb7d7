#include "app/bench/options.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <utility>

#include "app/bench/load/size_mix.h"
#include "app/bench/load/target.h"
#include "app/cli/units.h"
#include "wire/http/syntax.h"

namespace echod {
namespace {

constexpr uint64_t kAnyCount = UINT64_MAX / 2;

OptionValue as_size_mix(std::vector<SizeShare>& member) {
  return as_text("SIZE[:SHARE],...", {format_size(member.front().size)},
                 [&member](const std::string& text) -> Problem {
                   std::optional<std::vector<SizeShare>> shares = parse_size_mix(text);
                   if (!shares) {
                     return fmt::format(
                         "'{}' is not a size from 1 to 1GiB, nor a mix of sizes like 64:9,1KiB:1",
                         text);
                   }
                   member = std::move(*shares);
                   return std::nullopt;
                 });
}

// "Name: value", as one field line.
bool is_header(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool in_name = i < colon;
    if (byte < ' ' || byte == 0x7f || (in_name && byte == ' ')) return false;
  }
  return true;
}

// Headers that say how a message is framed, or what the WebSocket handshake is about.
bool is_own_header(std::string_view name) {
  for (const std::string_view own :
       {"Content-Length", "Transfer-Encoding", "Upgrade", "Sec-WebSocket-Key",
        "Sec-WebSocket-Version", "Sec-WebSocket-Extensions"}) {
    if (wire::equals_ignoring_case(name, own)) return true;
  }
  return false;
}

Problem check_header(const std::string& text) {
  if (!is_header(text)) return fmt::format("'{}' is not NAME: VALUE", text);
  const std::string name = text.substr(0, text.find(':'));
  if (!is_own_header(name)) return std::nullopt;
  return fmt::format("{} is set by bench itself, as its messages need it", name);
}

OptionValue as_headers(std::vector<std::string>& member) {
  OptionValue value = as_texts(member, "'NAME: VALUE'", check_header);
  value.is_split = false;  // a header may hold commas
  return value;
}

OptionValue as_method(std::string& member) {
  return as_text("NAME", {member}, [&member](const std::string& text) -> Problem {
    if (!wire::is_token(text) || text == "CONNECT") {
      return fmt::format("'{}' is not a method", text);
    }
    member = text;
    return std::nullopt;
  });
}

Problem read_body(const std::string& name, std::string& body) {
  constexpr size_t kBodySizeMax = size_t{16} << 20;  // bytes
  std::ifstream file(name, std::ios::binary);
  body.resize(kBodySizeMax + 1);
  file.read(body.data(), static_cast<std::streamsize>(body.size()));
  body.resize(static_cast<size_t>(file.gcount()));
  if (!file.eof()) {
    return fmt::format("cannot read {}, or it is larger than 16 MiB", name);
  }
  return std::nullopt;
}

OptionValue as_body(std::string& member) {
  return as_text("TEXT|@FILE", {}, [&member](const std::string& text) -> Problem {
    if (text.starts_with('@')) return read_body(text.substr(1), member);
    member = text;
    return std::nullopt;
  });
}

// "200", "2xx": from and to.
std::optional<std::pair<int, int>> parse_status(std::string_view text) {
  const bool is_good = text.size() == 3 && text[0] >= '1' && text[0] <= '5';
  if (is_good && (text.substr(1) == "xx" || text.substr(1) == "XX")) {
    const int from = (text[0] - '0') * 100;
    return std::pair(from, from + 99);
  }
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  if (!is_good || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::pair(status, status);
}

OptionValue as_statuses(std::vector<std::pair<int, int>>& member) {
  return as_text("STATUS,...", {"2xx"}, [&member](const std::string& text) -> Problem {
    std::vector<std::pair<int, int>> statuses;
    for (const std::string_view part : split(text, ',')) {
      const auto status = parse_status(part);
      if (!status) return fmt::format("'{}' is not a list like 200, 2xx or 200,304", text);
      statuses.push_back(*status);
    }
    member = std::move(statuses);
    return std::nullopt;
  });
}

OptionValue as_addresses(std::vector<std::string>& member) {
  return as_texts(member, "ADDRESS", [](const std::string& text) -> Problem {
    if (text.empty()) return "give an address of this machine";
    return std::nullopt;
  });
}

OptionValue as_thresholds(std::vector<Threshold>& member) {
  return as_list<Threshold>(member, "CONDITION", {},
                            [](const std::string& text) { return parse_threshold(text); });
}

std::vector<Option> load(BenchOptions& o) {
  return {
      {.name = "connections",
       .letters = "c",
       .value = as_count(o.connections, 1, 1'000'000),
       .help = "Connections that send",
       .common = true},
      {.name = "messages",
       .letters = "n",
       .value = as_count(o.messages, 1, kAnyCount),
       .help = "Messages to send in total",
       .default_note = "no limit",
       .example = "100000",
       .common = true},
      {.name = "duration",
       .letters = "dz",
       .value = as_duration(o.duration, {.zero_is_default = true}),
       .help = "How long to measure",
       .default_note =
           fmt::format("{}, or until --messages are sent", format_duration(kBenchDuration)),
       .example = "10s",
       .common = true},
      {.name = "size",
       .letters = "s",
       .value = as_size_mix(o.sizes),
       .help = "Message size in bytes, or a random mix by shares: 64:9,1KiB:1",
       .common = true},
      {.name = "rate",
       .letters = "rRq",
       .value = as_rate(o.rate),
       .help = "Open loop: target rate, messages per second over all connections",
       .details = "Messages are due evenly, and latency counts from when a message was due.",
       .default_note = "closed loop",
       .example = "20k",
       .common = true},
      {.name = "pipeline",
       .value = as_count(o.pipeline, 1, 1 << 20),
       .help = "Messages in flight per connection",
       .default_note = fmt::format("closed loop: 1; open loop: at most {}", kOpenLoopPipeline),
       .example = "16",
       .common = true},
      {.name = "connect-each",
       .value = as_flag(o.connect_each),
       .help = "Open a connection for each message",
       .details = "Connect, echo one message, close; latency counts from the connect."},
      {.name = "idle",
       .value = as_count(o.idle, 0, 1'000'000),
       .help = "Additional idle connections",
       .details = "They are opened first, and echo once at the end."},
      {.name = "header",
       .letters = "H",
       .value = as_headers(o.headers),
       .help = "HTTP, WebSocket: request header, also Host",
       .default_note = "none",
       .example = "X-Load: test",
       .common = true},
  };
}

std::vector<Option> http(BenchOptions& o) {
  return {
      {.name = "method",
       .letters = "X",
       .value = as_method(o.http.method),
       .help = "Request method",
       .details = "With GET or HEAD, --body or --expect-status the server need not echo: verified "
                  "are the status and that each response is complete."},
      {.name = "body",
       .value = as_body(o.http.body),
       .help = "Request body; @FILE reads it from a file of at most 16 MiB",
       .default_note = "the message",
       .example = "hello"},
      {.name = "expect-status",
       .value = as_statuses(o.http.statuses),
       .help = "Statuses that are right: 200, 2xx, 200,304"},
      {.name = "chunked",
       .value = as_flag(o.http.chunked),
       .help = "Send the --body in a chunk instead of with a Content-Length"},
  };
}

std::vector<Option> timing(BenchOptions& o) {
  return {
      {.name = "warmup",
       .value = as_duration(o.warm_up),
       .help = "Load that is not measured, once all connections are open",
       .default_note = fmt::format("{}; 0 with --messages", format_duration(kBenchWarmUp)),
       .example = "1s"},
      {.name = "ramp",
       .value = as_duration(o.ramp),
       .help = "Open the connections evenly over this time",
       .default_note = "at once"},
      {.name = "connect-rate",
       .value = as_rate(o.connect_rate),
       .help = "Connections to open per second",
       .default_note = "no limit",
       .example = "1k"},
      {.name = "timeout",
       .value = as_duration(o.timeout, {.zero_is_default = true}),
       .help = "Maximum time to connect, and for an echo; then an error",
       .details = "The connection is opened again after it."},
      {.name = "verify",
       .value = as_flag(o.verify),
       .help = "Compare every byte that comes back, instead of counting them"},
  };
}

std::vector<Option> client(BenchOptions& o) {
  return {
      {.name = "threads",
       .letters = "t",
       .value = as_count(o.threads, 1, 1024),
       .help = "Threads, each with an event loop and its share of the connections",
       .default_note = "one per CPU",
       .example = "2",
       .common = true},
      {.name = "engine",
       .letters = "e",
       .value = as_choice<std::optional<EngineKind>>(
           o.engine,
           {{"auto", std::nullopt}, {"epoll", EngineKind::kEpoll}, {"uring", EngineKind::kUring}}),
       .help = "Event loops of the load tester"},
      {.name = "pin", .value = as_flag(o.pin), .help = "Pin thread i to the i-th usable CPU"},
      {.name = "source",
       .letters = "B",
       .value = as_addresses(o.sources),
       .help = "Local address to connect from; several are used in turn",
       .details = "To a loopback address, several of 127.0.0.0/8 where one has too few ports.",
       .default_note = "the system's choice",
       .example = "127.0.0.2"},
      {.name = "self",
       .value = as_flag(o.self),
       .help = "First measure the limit of the load tester itself on this machine",
       .details = "The report says where the run comes close to it. Without a URL, that alone."},
  };
}

std::vector<Option> reports(BenchOptions& o) {
  return {
      {.name = "json",
       .value = as_file(o.json_file),
       .help = "Write the result as JSON; - is standard output, instead of the text",
       .default_note = "none",
       .example = "result.json",
       .common = true},
      {.name = "html",
       .value = as_file(o.html_file),
       .help = "Write the result as a page with charts",
       .default_note = "none",
       .example = "result.html"},
      {.name = "hlog",
       .value = as_file(o.hlog_file),
       .help = "Write the histograms as a log of HdrHistogram",
       .default_note = "none",
       .example = "result.hlog"},
      {.name = "fail-if",
       .value = as_thresholds(o.fail_if),
       .help = "Exit status 99 if the condition is met: 'p99>5ms', 'errors>0'",
       .details = "Measures are p50 and other percentiles, mean, max, rate, throughput and errors.",
       .default_note = "none",
       .example = "p99>5ms",
       .common = true},
      {.name = "interval",
       .letters = "i",
       .value = as_duration(o.interval, {.at_least = std::chrono::milliseconds(10)}),
       .help = "Reporting interval"},
      {.name = "view", .value = as_flag(o.view), .help = "Show progress while it runs"},
      // What other load testers call the same.
      {.name = "",
       .letters = "J",
       .value = as_action([&o] { o.json_file.assign(1, '-'); }),
       .help = "iperf3: --json -",
       .hidden = true},
      {.name = "no-tui",
       .value = as_action([&o] { o.view = false; }),
       .help = "oha: --no-view",
       .hidden = true},
      {.name = "disable-keepalive",
       .value = as_action([&o] { o.connect_each = true; }),
       .help = "hey, oha: --connect-each",
       .hidden = true},
  };
}

// What of HTTP's options does not go together.
std::optional<std::string> wrong_http(const BenchOptions& options, const CommandParser& parser) {
  const HttpLoad& http = options.http;
  const bool is_http = options.target.protocol == Protocol::kHttp1;
  for (const char* name : {"method", "body", "expect-status", "chunked"}) {
    if (parser.given(name) && !is_http) return fmt::format("--{} is for http:// URLs", name);
  }
  if (http.chunked && !parser.given("body")) return "--chunked needs --body";
  if (!http.echo && parser.given("size")) {
    return "--size is for echoes; give the request's body with --body";
  }
  if (!http.echo && options.idle > 0) return "--idle is for echoes";
  return std::nullopt;
}

BenchCommand parse_run(int argc, const char* const* argv) {
  BenchOptions options;
  CommandParser parser(bench_verb(), bench_table(options));
  if (auto ending = parser.parse(argc, argv)) return *ending;
  if (!parser.given("url")) {
    if (options.self) return options;
    return parser.mistake("missing URL; give one, such as tcp://localhost:8080");
  }
  auto target = parse_bench_target(options.target.url);
  if (!target) return parser.mistake(target.error());
  options.target = *target;
  if (!options.headers.empty() && target->protocol == Protocol::kRaw) {
    return parser.mistake("--header is for http:// and ws:// URLs");
  }
  HttpLoad& http = options.http;
  const bool is_bodiless = http.method == "GET" || http.method == "HEAD";
  http.echo = !is_bodiless && !parser.given("body") && !parser.given("expect-status");
  if (const auto wrong = wrong_http(options, parser)) return parser.mistake(*wrong);
  if (!http.echo) options.sizes = {{http.body.size(), 1}};
  return options;
}

}  // namespace

Verb bench_verb() {
  return {
      .name = "echod bench",
      .usage = "URL [OPTIONS]",
      .summary = "load test an echo server",
      .description =
          "Measures what an echo server, or the path to it, can carry: sends messages, checks "
          "every\n"
          "byte that comes back, and reports rates and latencies. Works against any echo "
          "server.\n\n"
          "  echod bench tcp://localhost:8080             50 connections for 10 s, one message in\n"
          "                                               flight on each\n"
          "  echod bench -c 100 -d 30s -s 1KiB http://localhost:8080/\n"
          "  echod bench --rate 20k tcp://localhost:8080  open loop: 20,000 messages per second\n"
          "  echod bench -c 10 --pipeline 16 --json result.json tcp://localhost:8080\n"
          "  echod bench --fail-if 'p99>5ms' --fail-if 'errors>0' tcp://localhost:8080\n"
          "  echod bench compare before.json after.json\n"
          "  echod bench merge east.json west.json\n",
      .footer =
          "DURATION is 500ms, 10s, 5m or 2h; SIZE is 64, 64KiB or 1MiB; RATE is 500, 20k or 1.5M\n"
          "per second.\n\n"
          "A closed loop (the default) sends the next message when an echo is back: it measures "
          "the\n"
          "highest rate. An open loop (--rate) sends when a message is due and counts latency "
          "from\n"
          "then: a server that stalls is charged for every message it delayed.\n\n"
          "Signals: SIGINT (Ctrl-C) and SIGTERM end the run and print its report; a second one "
          "ends "
          "at\nonce.\n"
          "Exit status: 0 done, also with errors in the report; 1 nothing could be reached, no "
          "message\n"
          "came back right, or a report could not be written; 2 usage error; 99 a threshold was\n"
          "crossed; 130 after Ctrl-C, with the report of what was measured.\n",
      .section = "bench",
      .subcommands = {"compare", "merge"}};
}

OptionTable bench_table(BenchOptions& options) {
  OptionValue url = as_text("URL", {}, [&options](const std::string& text) -> Problem {
    options.target.url = text;
    return std::nullopt;
  });
  return {{"Target",
           {{.name = "url",
             .value = std::move(url),
             .help = "tcp://HOST:PORT, http://HOST[:PORT][/PATH], ws://HOST[:PORT][/PATH]",
             .positional = true}}},
          {"Load", load(options)},
          {"HTTP", http(options)},
          {"Timing", timing(options)},
          {"Client", client(options)},
          {"Reports", reports(options)}};
}

BenchCommand parse_bench_command_line(int argc, const char* const* argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "compare") return parse_compare_command_line(argc - 1, argv + 1);
  if (verb == "merge") return parse_merge_command_line(argc - 1, argv + 1);
  return parse_run(argc, argv);
}

}  // namespace echod
