#include "app/bench/options.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <utility>

#include "app/bench/load/size_mix.h"
#include "app/bench/load/target.h"
#include "app/units.h"
#include "wire/http/syntax.h"

namespace echod {
namespace {

constexpr std::string_view kDescription =
    "echod bench measures what an echo server, or the path to it, can carry: it sends messages,\n"
    "checks every byte that comes back, and reports rates and latencies. It works against any "
    "echo\n"
    "server; plain echod is one.\n\n"
    "  echod bench tcp://localhost:8080                 50 connections for 10 s, one message\n"
    "                                                   under way on each\n"
    "  echod bench -c 100 -d 30s -s 1KiB http://localhost:8080/\n"
    "  echod bench --rate 20k tcp://localhost:8080      open loop: 20,000 messages a second,\n"
    "                                                   whatever the server does\n"
    "  echod bench -c 10 --pipeline 16 --json result.json tcp://localhost:8080\n"
    "  echod bench --fail-if 'p99>5ms' --fail-if 'errors>0' tcp://localhost:8080\n"
    "  echod bench compare before.json after.json\n"
    "  echod bench merge east.json west.json\n";

constexpr std::string_view kFooter =
    "DURATION is 500ms, 10s, 5m or 2h; SIZE is 64, 64KiB or 1MiB; RATE is 500, 20k or 1.5M "
    "messages\n"
    "a second.\n\n"
    "A closed loop (the default) sends the next message when an echo is back, and so measures the\n"
    "highest rate; the latency it shows is that of a server that is never asked for more than it\n"
    "can do. An open loop (--rate) sends when a message is due, and counts latency from then: a\n"
    "server that stalls is charged for every message it held up.\n\n"
    "Signals: SIGINT (Ctrl-C) and SIGTERM end the run and print its report; a second one ends at\n"
    "once.\n"
    "Exit status: 0 done, also with errors in the report; 1 nothing could be reached, no message\n"
    "came back right, or a report could not be written; 2 wrong command line; 99 a --fail-if is\n"
    "broken, or compare found a regression; 130 after Ctrl-C, with the report of what was "
    "measured.\n";

// "500", "20k", "1.5M": a number of messages a second.
std::optional<double> parse_rate(std::string_view text) {
  double number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || !(number > 0)) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  if (unit == "k" || unit == "K") number *= 1e3;
  if (unit == "M") number *= 1e6;
  if (!unit.empty() && unit != "k" && unit != "K" && unit != "M") return std::nullopt;
  if (number < 0.001 || number > 1e9) return std::nullopt;
  return number;
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

void add_rate(CommandParser& parser, const std::string& names, double& target,
              const std::string& help) {
  const std::string name = names.substr(names.find("--"));
  parser.add(
      names,
      [&target, name](const std::string& value) -> Problem {
        std::optional<double> rate = parse_rate(value);
        if (!rate)
          return fmt::format("{}: '{}' is not a rate; write 500, 20k or 1.5M", name, value);
        target = *rate;
        return std::nullopt;
      },
      "RATE", help);
}

void add_file(CommandParser& parser, const std::string& name, std::string& target,
              const std::string& help) {
  parser.add(
      name,
      [&target, name](const std::string& value) -> Problem {
        if (value.empty()) return fmt::format("{}: give the name of a file", name);
        target = value;
        return std::nullopt;
      },
      "FILE", help);
}

void add_load(CommandParser& parser, BenchOptions& options) {
  parser.group("Load");
  parser.add_count(
      "-c,--connections", 1, 1'000'000,
      [&options](uint64_t n) { options.connections = static_cast<unsigned>(n); },
      "Connections that send (50)");
  parser.add_count(
      "-n,--messages", 1, UINT64_MAX / 2, [&options](uint64_t n) { options.messages = n; },
      "Messages to send in all (no limit)");
  parser.add_duration(
      "-d,-z,--duration",
      [&options](Duration d) {
        if (d > Duration::zero()) options.duration = d;
      },
      "How long to measure (10s, or until --messages are sent)");
  parser.add(
      "-s,--size",
      [&options](const std::string& value) -> Problem {
        auto sizes = parse_size_mix(value);
        if (!sizes) {
          return fmt::format(
              "--size: '{}' is not a size from 1 to 1GiB, nor a mix of sizes like 64:9,1KiB:1",
              value);
        }
        options.sizes = *sizes;
        return std::nullopt;
      },
      "SIZE[:SHARE][,...]", "Bytes in a message; several are drawn at random by their shares (64)");
  add_rate(parser, "-r,-R,-q,--rate", options.rate,
           "Open loop: messages due each second over all connections, evenly; latency counts from "
           "when a message was due (closed loop: as fast as echoes come back)");
  parser.add_count(
      "--pipeline", 1, 1 << 20,
      [&options](uint64_t n) { options.pipeline = static_cast<unsigned>(n); },
      "Messages under way on each connection (closed loop: 1; open loop: at most 1024)");
  parser.add_flag(
      "--connect-each", [&options] { options.connect_each = true; },
      "Connect, echo one message, close, again; latency counts from the connect");
  parser.add_count(
      "--idle", 0, 1'000'000, [&options](uint64_t n) { options.idle = static_cast<unsigned>(n); },
      "Quiet connections held open besides: opened first, echo once at the end (0)");
  parser.add_repeatable(
      "-H,--header",
      [&options](const std::string& value) -> Problem {
        if (!is_header(value)) return fmt::format("--header: '{}' is not NAME: VALUE", value);
        const std::string name = value.substr(0, value.find(':'));
        if (is_own_header(name)) {
          return fmt::format("--header: {} is set by bench itself, as its messages need it", name);
        }
        options.headers.push_back(value);
        return std::nullopt;
      },
      "'NAME: VALUE'", "HTTP: a header of each request, also Host; may be repeated");
}

// "200", "2xx", "200,304": each from and to.
std::optional<std::vector<std::pair<int, int>>> parse_statuses(std::string_view text) {
  std::vector<std::pair<int, int>> ranges;
  while (true) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    const bool digits = part.size() == 3 && part[0] >= '1' && part[0] <= '5';
    if (digits && (part.substr(1) == "xx" || part.substr(1) == "XX")) {
      const int from = (part[0] - '0') * 100;
      ranges.emplace_back(from, from + 99);
    } else {
      int status = 0;
      const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), status);
      if (!digits || error != std::errc() || end != part.data() + part.size()) return std::nullopt;
      ranges.emplace_back(status, status);
    }
    if (comma == text.size()) return ranges;
    text.remove_prefix(comma + 1);
  }
}

Problem read_body(const std::string& name, std::string& body) {
  constexpr size_t kBodySizeMax = size_t{16} << 20;  // bytes
  std::ifstream file(name, std::ios::binary);
  body.resize(kBodySizeMax + 1);
  file.read(body.data(), static_cast<std::streamsize>(body.size()));
  body.resize(static_cast<size_t>(file.gcount()));
  if (!file.eof()) {
    return fmt::format("--body: cannot read {}, or it is larger than 16 MiB", name);
  }
  return std::nullopt;
}

void add_http(CommandParser& parser, BenchOptions& options) {
  parser.group("HTTP");
  HttpLoad& http = options.http;
  parser.add(
      "-X,--method",
      [&http](const std::string& value) -> Problem {
        if (!wire::is_token(value) || value == "CONNECT") {
          return fmt::format("--method: '{}' is not a method", value);
        }
        http.method = value;
        if (value == "GET" || value == "HEAD") http.echo = false;
        return std::nullopt;
      },
      "NAME",
      "The method of each request. With GET and HEAD, and with the next two, the server need not "
      "echo: statuses are verified, and that each response is whole (POST)");
  parser.add(
      "--body",
      [&http](const std::string& value) -> Problem {
        http.echo = false;
        if (!value.starts_with('@')) {
          http.body = value;
          return std::nullopt;
        }
        return read_body(value.substr(1), http.body);
      },
      "TEXT|@FILE", "The body of each request");
  parser.add(
      "--expect-status",
      [&http](const std::string& value) -> Problem {
        const auto statuses = parse_statuses(value);
        if (!statuses) {
          return fmt::format("--expect-status: '{}' is not a list like 200, 2xx or 200,304", value);
        }
        http.echo = false;
        http.statuses = *statuses;
        return std::nullopt;
      },
      "STATUS[,...]", "The statuses that are right: 200, 2xx, 200,304 (2xx)");
  parser.add_flag(
      "--chunked", [&http] { http.chunked = true; },
      "Send the --body in a chunk instead of with a Content-Length");
}

// What of HTTP's options does not go together.
std::optional<std::string> wrong_http(const BenchOptions& options, const CommandParser& parser) {
  const HttpLoad& http = options.http;
  const bool is_http = options.target.protocol == Protocol::kHttp1;
  for (const char* name : {"--method", "--body", "--expect-status", "--chunked"}) {
    if (parser.given(name) && !is_http) return fmt::format("{} is for http:// URLs", name);
  }
  if (http.chunked && !parser.given("--body")) return "--chunked needs --body";
  if (!http.echo && parser.given("--size")) {
    return "--size is for echoes; give the request's body with --body";
  }
  if (!http.echo && options.idle > 0) return "--idle is for echoes";
  return std::nullopt;
}

void add_course(CommandParser& parser, BenchOptions& options) {
  parser.group("Course");
  parser.add_duration(
      "--warmup", [&options](Duration d) { options.warm_up = d; },
      "Load that is not measured, once all connections are open (250ms; 0 with --messages)");
  parser.add_duration(
      "--ramp", [&options](Duration d) { options.ramp = d; },
      "Open the connections evenly over this time (0: at once)");
  add_rate(parser, "--connect-rate", options.connect_rate,
           "Connections opened each second (no limit)");
  parser.add_duration(
      "--timeout",
      [&options](Duration d) {
        if (d > Duration::zero()) options.timeout = d;
      },
      "For a connection to open, and for an echo to come back; beyond, it is an error and the "
      "connection is opened again (10s)");
  parser.add_flag(
      "--no-verify", [&options] { options.verify = false; },
      "Count the bytes that come back instead of comparing each one");
  parser.add_flag(
      "--verify", [&options] { options.verify = true; }, "Compare every byte (the default)");
}

void add_tester(CommandParser& parser, BenchOptions& options) {
  parser.group("Load tester");
  parser.add_count(
      "-t,--threads", 1, 1024,
      [&options](uint64_t n) { options.threads = static_cast<unsigned>(n); },
      "Threads, each with an event loop and its share of the connections (one for each processor)");
  parser.add_choice<std::optional<EngineKind>>(
      "-e,--engine", options.engine,
      {{"auto", std::nullopt}, {"epoll", EngineKind::kEpoll}, {"uring", EngineKind::kUring}},
      "The load tester's own event loops (auto)");
  parser.add_flag(
      "--pin", [&options] { options.pin = true; },
      "Keep thread i on the i-th processor that may be used");
  parser.add_repeatable(
      "-B,--source",
      [&options](const std::string& value) -> Problem {
        if (value.empty()) return "--source: give an address of this machine";
        options.sources.push_back(value);
        return std::nullopt;
      },
      "ADDRESS",
      "Connect from this address; repeated, from each in turn (the system's choice; to a loopback "
      "address, several of 127.0.0.0/8 where one has too few ports)");
  parser.add_flag(
      "--self", [&options] { options.self = true; },
      "First find out what the load tester itself can do on this machine, and say so where the "
      "run comes close; without a URL, that alone");
}

void add_reports(CommandParser& parser, BenchOptions& options) {
  parser.group("Reports");
  add_file(parser, "--json", options.json_file,
           "Write the result as JSON; - is standard output, instead of the text");
  add_file(parser, "--html", options.html_file, "Write the result as a page with charts");
  add_file(parser, "--hlog", options.hlog_file,
           "Write the histograms as a log that HdrHistogram's tools read");
  parser.add_repeatable(
      "--fail-if",
      [&options](const std::string& value) -> Problem {
        auto threshold = parse_threshold(value);
        if (!threshold) return fmt::format("--fail-if: {}", threshold.error());
        options.fail_if.push_back(*threshold);
        return std::nullopt;
      },
      "CONDITION",
      "End with status 99 when the result is so: 'p99>5ms', 'rate<50k', 'errors>0'; may be "
      "repeated");
  parser.add_duration(
      "-i,--interval",
      [&options](Duration d) {
        options.interval = std::max<Duration>(d, std::chrono::milliseconds(10));
      },
      "Step of the time series, at least 10ms (1s)");
  parser.add_flag("--no-view", [&options] { options.view = false; }, "Show nothing while it runs");
}

// What other load testers call the same.
void add_aliases(CommandParser& parser, BenchOptions& options) {
  parser.group("");
  parser.add_flag("-J", [&options] { options.json_file.assign(1, '-'); }, "iperf3: --json -");
  parser.add_flag("--no-tui", [&options] { options.view = false; }, "oha: --no-view");
  parser.add_flag(
      "--disable-keepalive", [&options] { options.connect_each = true; },
      "hey, oha: --connect-each");
}

constexpr std::string_view kCompareDescription =
    "echod bench compare tells what changed between two results, or two sets of them, and whether\n"
    "it is more than chance. Several runs of each, taken in turn, tell most.\n\n"
    "  echod bench compare before.json after.json\n"
    "  echod bench compare a1.json a2.json a3.json --new b1.json --new b2.json --new b3.json\n";

constexpr std::string_view kCompareFooter =
    "Exit status: 0 nothing became worse; 99 something did, by more than the threshold and more\n"
    "than chance; 1 a file cannot be read; 2 wrong command line.\n";

constexpr std::string_view kMergeDescription =
    "echod bench merge adds up the results of load testers that ran at the same time, for example\n"
    "on several machines, as if one had done it all.\n\n"
    "  echod bench merge east.json west.json\n"
    "  echod bench merge --html all.html *.hlog\n";

constexpr std::string_view kMergeFooter =
    "Exit status: 0 done; 1 a file cannot be read, written or added; 2 wrong command line.\n";

CommandParser::Reader append_to(std::vector<std::string>& files) {
  return [&files](const std::string& value) -> Problem {
    files.push_back(value);
    return std::nullopt;
  };
}

// A share as "5%" or "0.05".
std::optional<double> parse_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  double number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0)) {
    return std::nullopt;
  }
  if (percent) return number / 100;
  if (number > 1) return std::nullopt;  // 5 would be 500 %, and meant as 5 %
  return number;
}

void add_share(CommandParser& parser, const std::string& name, double& target, double min,
               double max, const std::string& help) {
  parser.add(
      name,
      [&target, name, min, max](const std::string& value) -> Problem {
        std::optional<double> share = parse_share(value);
        if (!share || *share < min || *share > max) {
          return fmt::format("{}: '{}' is not a share from {:g}% to {:g}%", name, value, min * 100,
                             max * 100);
        }
        target = *share;
        return std::nullopt;
      },
      "SHARE", help);
}

BenchCommand parse_compare(int argc, const char* const* argv) {
  CompareOptions options;
  std::vector<std::string> files;
  CommandParser parser({.name = "echod bench compare",
                        .description = std::string(kCompareDescription),
                        .footer = std::string(kCompareFooter)});
  parser.group("Results");
  parser.add_repeatable("files", append_to(files), "FILE",
                        "JSON results: before and after; with --new, all are before");
  parser.add_repeatable("--new", append_to(options.new_files), "FILE",
                        "A JSON result of how it is now; may be repeated");
  parser.group("Judgement");
  add_share(parser, "--threshold", options.threshold, 0, 10,
            "A change for the worse of up to this share is let pass (5%)");
  add_share(parser, "--confidence", options.confidence, 0.5, 0.9999,
            "Of the intervals: how often they hold the true change (95%)");
  if (auto ending = parser.parse(argc, argv)) return *ending;
  if (options.new_files.empty()) {
    if (files.size() != 2) {
      return parser.mistake("give two results, or several and the new ones with --new");
    }
    options.new_files.push_back(files.back());
    files.pop_back();
  }
  if (files.empty()) return parser.mistake("give a result to compare the new ones with");
  options.base_files = files;
  return options;
}

BenchCommand parse_merge(int argc, const char* const* argv) {
  MergeOptions options;
  CommandParser parser({.name = "echod bench merge",
                        .description = std::string(kMergeDescription),
                        .footer = std::string(kMergeFooter)});
  parser.group("Results");
  parser.add_repeatable("files", append_to(options.files), "FILE", "Results, as JSON or hlog");
  parser.group("Reports");
  add_file(parser, "--json", options.json_file,
           "Write the sum as JSON; - is standard output, instead of the text");
  add_file(parser, "--html", options.html_file, "Write it as a page with charts");
  add_file(parser, "--hlog", options.hlog_file, "Write it as a log that HdrHistogram's tools read");
  if (auto ending = parser.parse(argc, argv)) return *ending;
  if (options.files.empty()) return parser.mistake("give the results to add up");
  return options;
}

BenchCommand parse_run(int argc, const char* const* argv) {
  BenchOptions options;
  std::optional<std::string> url;
  CommandParser parser({.name = "echod bench",
                        .description = std::string(kDescription),
                        .footer = std::string(kFooter)});
  parser.group("Target");
  parser.add(
      "url",
      [&url](const std::string& value) -> Problem {
        url = value;
        return std::nullopt;
      },
      "URL",
      "tcp://HOST:PORT, http://HOST[:PORT][/PATH], ws://HOST[:PORT][/PATH], or HOST:PORT for tcp");
  add_load(parser, options);
  add_http(parser, options);
  add_course(parser, options);
  add_tester(parser, options);
  add_reports(parser, options);
  add_aliases(parser, options);
  if (auto ending = parser.parse(argc, argv)) return *ending;
  if (!url) {
    if (options.self) return options;
    return parser.mistake("where to? Give a URL, such as tcp://localhost:8080");
  }
  auto target = parse_bench_target(*url);
  if (!target) return parser.mistake(target.error());
  options.target = *target;
  if (!options.headers.empty() && target->protocol == Protocol::kRaw) {
    return parser.mistake("--header is for http:// and ws:// URLs");
  }
  if (const auto wrong = wrong_http(options, parser)) return parser.mistake(*wrong);
  if (!options.http.echo) options.sizes = {{options.http.body.size(), 1}};
  return options;
}

}  // namespace

BenchCommand parse_bench_command_line(int argc, const char* const* argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "compare") return parse_compare(argc - 1, argv + 1);
  if (verb == "merge") return parse_merge(argc - 1, argv + 1);
  return parse_run(argc, argv);
}

}  // namespace echod
