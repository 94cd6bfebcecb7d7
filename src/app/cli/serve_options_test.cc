// The command line: defaults, every option, every mistake.
#include "app/cli/serve_options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace echod {
namespace {

using namespace std::chrono_literals;

CommandLine parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "echod");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

ServeOptions options(const std::vector<const char*>& arguments) {
  CommandLine command = parse(arguments);
  EXPECT_TRUE(command.serve) << command.text;
  EXPECT_EQ(command.exit_code, kExitSuccess);
  return command.serve.value_or(ServeOptions{});
}

TEST(OptionsTest, Defaults) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{}, std::vector<const char*>{"serve"}}) {
    const ServeOptions defaults = options(arguments);
    EXPECT_EQ(defaults.listen, std::vector<ListenUrl>{ListenUrl{}});
    EXPECT_EQ(defaults.listen[0].host, "127.0.0.1");
    EXPECT_EQ(defaults.listen[0].port, 8080);
    EXPECT_EQ(defaults.engine, std::nullopt);
    EXPECT_EQ(defaults.workers, 0u);
    EXPECT_EQ(defaults.queue_max, 128u);
    EXPECT_EQ(defaults.connections_max, 0u);
    EXPECT_EQ(defaults.connections_per_source_max, 0u);
    EXPECT_EQ(defaults.idle_timeout, std::nullopt);
    EXPECT_EQ(defaults.stall_timeout, 30s);
    EXPECT_EQ(defaults.detect_timeout, 3s);
    EXPECT_EQ(defaults.drain_timeout, 5s);
    EXPECT_EQ(defaults.http.head_timeout, 10s);
    EXPECT_EQ(defaults.http.limits.head_size_max, 32768u);
    EXPECT_EQ(defaults.http.limits.body_size_max, uint64_t{1} << 40);
    EXPECT_EQ(defaults.socket.unsent_size_max, 128u * 1024);
    EXPECT_EQ(defaults.socket.buffer_size, 0u);
    EXPECT_EQ(defaults.log.format, LogFormat::kText);
    EXPECT_EQ(defaults.log.level, LogLevel::kInfo);
    EXPECT_EQ(defaults.log.file, "");
    EXPECT_EQ(defaults.log_receives, 10u);
    EXPECT_EQ(defaults.access_log.file, "");
    EXPECT_EQ(defaults.access_log.format, AccessLogFormat::kText);
  }
}

TEST(OptionsTest, Listen) {
  const std::vector<ListenUrl> two = {{Protocol::kRaw, "*", 9000}, {Protocol::kHttp1, "::1", 9001}};
  EXPECT_EQ(options({"--listen", "tcp://:9000", "--listen", "http://[::1]:9001"}).listen, two);
  EXPECT_EQ(options({"-l", "tcp://:9000", "--listen=http://[::1]:9001"}).listen, two);
  EXPECT_EQ(options({"serve", "-l", "tcp://:9000", "-l", "http://[::1]:9001"}).listen, two);
}

TEST(OptionsTest, Engines) {
  EXPECT_EQ(options({"--engine", "auto"}).engine, std::nullopt);
  for (EngineKind kind : kEngineKinds) {
    EXPECT_EQ(options({"-e", std::string(name_of(kind)).c_str()}).engine, kind);
  }
}

TEST(OptionsTest, Counts) {
  EXPECT_EQ(options({"--workers", "1"}).workers, 1u);
  EXPECT_EQ(options({"-w", "10000"}).workers, 10'000u);
  EXPECT_EQ(options({"--queue", "7"}).queue_max, 7u);
  EXPECT_EQ(options({}).spread, Spread::kAuto);
  EXPECT_EQ(options({"--spread", "local"}).spread, Spread::kLocal);
  EXPECT_EQ(options({"--spread", "hash"}).spread, Spread::kHash);
  EXPECT_EQ(options({"--spin", "off"}).spin_max, Duration::zero());
  EXPECT_EQ(options({"--spin", "20us"}).spin_max, std::chrono::microseconds(20));
  EXPECT_EQ(options({"--spin", "20us", "--spin", "auto"}).spin_max, std::nullopt);
  EXPECT_EQ(options({"--max-connections", "15000"}).connections_max, 15'000u);
  EXPECT_EQ(options({"--max-connections", "0"}).connections_max, 0u);
  EXPECT_EQ(options({"--max-connections-per-source", "8"}).connections_per_source_max, 8u);
}

TEST(OptionsTest, Sizes) {
  EXPECT_EQ(options({"--max-body", "10MB"}).http.limits.body_size_max, 10'000'000u);
  EXPECT_EQ(options({"--max-body", "0"}).http.limits.body_size_max, uint64_t{1} << 60);
  EXPECT_EQ(options({"--max-header", "64KiB"}).http.limits.head_size_max, 65536u);
  EXPECT_EQ(options({"--max-header", "256"}).http.limits.head_size_max, 256u);
  EXPECT_EQ(options({"--max-message", "1KiB"}).http.websocket.message_size_max, 1024u);
  EXPECT_EQ(options({"--max-message", "0"}).http.websocket.message_size_max, uint64_t{1} << 60);
  EXPECT_EQ(options({"--unsent-buffer", "16KiB"}).socket.unsent_size_max, 16384u);
  EXPECT_EQ(options({"--unsent-buffer", "0"}).socket.unsent_size_max, 0u);
  EXPECT_EQ(options({"--socket-buffer", "64KiB"}).socket.buffer_size, 65536u);
}

TEST(OptionsTest, Timeouts) {
  EXPECT_EQ(options({"--idle-timeout", "1m"}).idle_timeout, 1min);
  EXPECT_EQ(options({"--idle-timeout", "0"}).idle_timeout, 0s);
  EXPECT_EQ(options({"--stall-timeout", "1.5s"}).stall_timeout, 1500ms);
  EXPECT_EQ(options({"--detect-timeout", "500ms"}).detect_timeout, 500ms);
  EXPECT_EQ(options({"--header-timeout", "2s"}).http.head_timeout, 2s);
  EXPECT_EQ(options({"--drain-timeout", "1h"}).drain_timeout, 1h);
  EXPECT_EQ(options({"--ping-interval", "20s"}).http.websocket.ping_interval, 20s);
}

TEST(OptionsTest, Compression) {
  using Compression = WebSocketCompression;
  EXPECT_EQ(options({}).http.websocket.compression, Compression::kMessage);
  EXPECT_EQ(options({"--ws-compression", "context"}).http.websocket.compression,
            Compression::kContext);
  EXPECT_EQ(options({"--ws-compression", "off"}).http.websocket.compression, Compression::kOff);
}

TEST(OptionsTest, Logging) {
  EXPECT_EQ(options({"--log-format", "logfmt"}).log.format, LogFormat::kLogfmt);
  EXPECT_EQ(options({"--log-format", "json"}).log.format, LogFormat::kJson);
  EXPECT_EQ(options({"--log-level", "debug"}).log.level, LogLevel::kDebug);
  EXPECT_EQ(options({"--log-level", "warning"}).log.level, LogLevel::kWarning);
  EXPECT_EQ(options({"--log-level", "error"}).log.level, LogLevel::kError);
  EXPECT_EQ(options({"--log-level", "off"}).log.level, LogLevel::kOff);
  EXPECT_EQ(options({"--log-file", "a file"}).log.file, "a file");
  EXPECT_EQ(options({"--log-reads", "all"}).log_receives, kAllReceives);
  EXPECT_EQ(options({"--log-reads", "none"}).log_receives, 0u);
  EXPECT_EQ(options({"--log-reads", "0"}).log_receives, 0u);
  EXPECT_EQ(options({"--log-reads", "123"}).log_receives, 123u);
}

TEST(OptionsTest, AccessLog) {
  EXPECT_EQ(options({"--access-log", "a file"}).access_log.file, "a file");
  EXPECT_FALSE(options({"--access-log", "a file"}).access_log.to_standard_output());
  EXPECT_TRUE(options({"--access-log", "-"}).access_log.to_standard_output());
  using Format = AccessLogFormat;
  EXPECT_EQ(options({"--access-log-format", "text"}).access_log.format, Format::kText);
  EXPECT_EQ(options({"--access-log-format", "json"}).access_log.format, Format::kJson);
  EXPECT_EQ(options({"--access-log-format", "combined"}).access_log.format, Format::kCombined);
}

TEST(OptionsTest, Answers) {
  const ServeOptions defaults = options({});
  EXPECT_TRUE(defaults.http.control.enabled);
  EXPECT_EQ(defaults.seed, std::nullopt);
  EXPECT_FALSE(options({"--response-control", "off"}).http.control.enabled);
  EXPECT_EQ(options({"--seed", "9223372036854775807"}).seed, uint64_t{INT64_MAX});
  EXPECT_EQ(options({"--max-duration", "1m"}).http.control.duration_max, std::chrono::minutes(1));
  EXPECT_GE(options({"--max-duration", "0"}).http.control.duration_max, std::chrono::days(365));
  EXPECT_EQ(options({"--max-answer", "1KiB"}).http.control.size_max, 1024u);
  EXPECT_EQ(options({"--max-answer", "0"}).http.control.size_max, uint64_t{1} << 60);
  EXPECT_EQ(options({"--max-waiting", "3"}).http.control.waiting_max, 3u);
  EXPECT_EQ(options({"--allow-redirect", "a.test", "--allow-redirect", "[::1]:81"})
                .http.control.redirect_hosts,
            (std::vector<std::string>{"a.test", "[::1]:81"}));
}

TEST(OptionsTest, OptionsMayStandOnBothSidesOfTheVerb) {
  const ServeOptions both = options({"--workers", "2", "serve", "--queue", "3"});
  EXPECT_EQ(both.workers, 2u);
  EXPECT_EQ(both.queue_max, 3u);
}

TEST(OptionsTest, TheLastOfARepeatedOptionCounts) {
  const ServeOptions twice = options({"--engine", "epoll", "--queue", "1", "--engine", "pool",
                                      "--drain-timeout", "1s", "serve", "--drain-timeout=2s",
                                      "--log-file", "a", "--log-file", "b", "--queue", "2"});
  EXPECT_EQ(twice.engine, EngineKind::kPool);
  EXPECT_EQ(twice.queue_max, 2u);
  EXPECT_EQ(twice.drain_timeout, 2s);
  EXPECT_EQ(twice.log.file, "b");
}

// What is wrong with a command line, and words of what it is told.
struct Mistake {
  std::vector<const char*> arguments;
  std::vector<std::string_view> words;
};

const Mistake kMistakes[] = {
    {{"--lisen", ":1"}, {"unknown option '--lisen'", "did you mean --listen?"}},
    {{"--Engine=epoll"}, {"unknown option '--Engine=epoll'", "did you mean --engine?"}},
    {{"--max-conections", "1"}, {"did you mean --max-connections?"}},
    {{"--nothing-like-it"}, {"unknown option '--nothing-like-it'"}},
    {{"-x"}, {"unknown option '-x'"}},
    {{"serv"}, {"unknown command 'serv'", "did you mean serve?"}},
    {{"conquer"}, {"unknown command 'conquer'"}},
    {{"serve", "more"}, {"unknown command 'more'"}},
    {{"serve", "--bad"}, {"unknown option '--bad'"}},
    {{"--listen"}, {"--listen needs a value"}},
    {{"--listen", "ftp://h"}, {"--listen", "'ftp' is not a protocol"}},
    {{"--listen", "h:99999"}, {"--listen", "'99999' is not a port"}},
    {{"--listen", "::1"}, {"--listen", "write an IPv6 address as [::1]:8080"}},
    {{"--listen", ":1", "--listen", "x://"}, {"'x' is not a protocol"}},
    {{"--engine"}, {"--engine needs a value"}},
    {{"--engine", "turbo"}, {"'turbo' is not one of auto|sequential|threads|pool|epoll|uring"}},
    {{"--workers", "0"}, {"--workers", "'0' is not a number from 1 to 10000"}},
    {{"--workers", "10001"}, {"'10001' is not a number"}},
    {{"--workers", "two"}, {"'two' is not a number"}},
    {{"--workers", "-1"}, {"--workers"}},
    {{"--spread", "all"}, {"--spread", "auto|local|hash"}},
    {{"--spin", "1s"}, {"--spin", "up to 10ms"}},
    {{"--spin", "fast"}, {"--spin", "up to 10ms"}},
    {{"--queue", "0"}, {"--queue", "from 1 to 100000"}},
    {{"--max-connections", "all"}, {"--max-connections", "'all' is not a number"}},
    {{"--max-connections-per-source", "x"}, {"--max-connections-per-source"}},
    {{"--max-body", "big"}, {"--max-body", "'big' is not a size"}},
    {{"--max-header", "255"}, {"--max-header", "from 256 to 64MiB"}},
    {{"--max-header", "65MiB"}, {"out of range"}},
    {{"--unsent-buffer", "1"}, {"--unsent-buffer", "out of range"}},
    {{"--socket-buffer", "2GiB"}, {"--socket-buffer", "out of range"}},
    {{"--idle-timeout", "soon"}, {"--idle-timeout", "'soon' is not a duration"}},
    {{"--stall-timeout", "-5s"}, {"--stall-timeout"}},
    {{"--detect-timeout", "1w"}, {"--detect-timeout", "write 500ms, 10s, 5m or 1d"}},
    {{"--header-timeout", ""}, {"--header-timeout"}},
    {{"--drain-timeout", "9999h"}, {"--drain-timeout"}},
    {{"--log-format", "xml"}, {"'xml' is not one of text|logfmt|json"}},
    {{"--log-level", "loud"}, {"'loud' is not one of debug|info|warning|error|off"}},
    {{"--log-file", ""}, {"--log-file", "give the name of a file"}},
    {{"--log-reads", "some"}, {"'some' is not a number, all or none"}},
    {{"--log-reads", "4294967295"}, {"--log-reads"}},
    {{"--response-control", "maybe"}, {"'maybe' is not one of on|off"}},
    {{"--seed", "x"}, {"--seed"}},
    {{"--max-duration", "long"}, {"--max-duration"}},
    {{"--max-answer", "2EiB"}, {"--max-answer"}},
    {{"--allow-redirect", "http://a.test"}, {"'http://a.test' is not a host or host:port"}},
    {{"--access-log", ""}, {"--access-log", "give the name of a file, or -"}},
    {{"--access-log-format", "xml"}, {"'xml' is not one of text|json|combined"}},
    {{"--no\nsuch\noption"}, {"unknown option"}},
    {{""}, {"unknown command ''"}},
};

TEST(OptionsTest, EveryMistakeIsOneLineAndExitCode2) {
  for (const Mistake& mistake : kMistakes) {
    CommandLine command = parse(mistake.arguments);
    EXPECT_FALSE(command.serve) << mistake.arguments[0];
    EXPECT_EQ(command.exit_code, kExitUsage) << command.text;
    EXPECT_TRUE(command.text.starts_with("echod: ")) << command.text;
    EXPECT_EQ(std::ranges::count(command.text, '\n'), 1) << command.text;
    EXPECT_TRUE(command.text.ends_with("(echod --help-all lists the options)\n")) << command.text;
    for (std::string_view words : mistake.words) {
      EXPECT_NE(command.text.find(words), std::string::npos) << command.text << " lacks " << words;
    }
  }
}

TEST(OptionsTest, WordsInAnyCaseAndInOtherSpellings) {
  const auto engine_of = [](const char* word) { return parse({"--engine", word}).serve->engine; };
  EXPECT_EQ(engine_of("EPOLL"), EngineKind::kEpoll);
  EXPECT_EQ(engine_of("io_uring"), EngineKind::kUring);
  EXPECT_EQ(parse({"--log-level", "Warn"}).serve->log.level, LogLevel::kWarning);
  EXPECT_EQ(parse({"--log-format", "JSON"}).serve->log.format, LogFormat::kJson);
  EXPECT_FALSE(parse({"--response-control", "no"}).serve->http.control.enabled);
  EXPECT_TRUE(parse({"--response-control", "TRUE"}).serve->http.control.enabled);
}

TEST(OptionsTest, OptionsThatOtherEnginesLookAt) {
  const GivenOptions given =
      parse({"--queue", "5", "--spin", "off", "--workers", "2"}).serve->given;
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(ineffective_options(given, EngineKind::kEpoll), Names{"--queue"});
  EXPECT_EQ(ineffective_options(given, EngineKind::kPool), Names{"--spin"});
  EXPECT_EQ(ineffective_options(given, EngineKind::kSequential),
            (Names{"--workers", "--queue", "--spin"}));
  EXPECT_EQ(ineffective_options({}, EngineKind::kSequential), Names{});
  EXPECT_TRUE(parse({"--access-log-format", "json"}).serve->given.access_log_format);
}

TEST(OptionsTest, AMistakeDoesNotCommandTheTerminal) {
  const CommandLine command = parse({"--engine", "\x1b[2J\x7f"});
  EXPECT_EQ(command.exit_code, kExitUsage);
  EXPECT_TRUE(command.text.contains("\\x1b[2J\\x7f")) << command.text;
  EXPECT_FALSE(command.text.contains('\x1b'));
}

TEST(OptionsTest, HelpAllMentionsEveryOption) {
  const CommandLine help = parse({"--help-all"});
  EXPECT_FALSE(help.serve);
  EXPECT_EQ(help.exit_code, kExitSuccess);
  ServeOptions defaults;
  for (const OptionGroup& group : serve_table(defaults)) {
    EXPECT_TRUE(help.text.contains(std::string(group.heading) + ":\n")) << group.heading;
    for (const Option& option : group.options) {
      EXPECT_TRUE(help.text.contains(" --" + std::string(option.name) + " ")) << option.name;
    }
  }
  for (std::string_view words :
       {"--help", "--version", "--config", "echod bench URL", "echod sim", "echod help",
        "sequential|threads|pool|epoll|uring", "SIGTERM", "Exit status", "127.0.0.1:8080"}) {
    EXPECT_TRUE(help.text.contains(words)) << words;
  }
  EXPECT_TRUE(help.text.ends_with('\n'));
}

TEST(OptionsTest, HelpIsShort) {
  for (const char* flag : {"--help", "-h"}) {
    const CommandLine help = parse({flag});
    EXPECT_FALSE(help.serve);
    EXPECT_EQ(help.exit_code, kExitSuccess);
    for (std::string_view words : {"--listen", "--workers", "--log-level", "echod --help-all",
                                   "Exit status", "SIGTERM", "DURATION"}) {
      EXPECT_TRUE(help.text.contains(words)) << words;
    }
    EXPECT_FALSE(help.text.contains("--max-header"));
  }
  EXPECT_EQ(parse({"serve", "--help"}).text, parse({"--help"}).text);
  EXPECT_EQ(parse({"serve", "--workers", "2", "-h"}).text, parse({"--help"}).text);
}

TEST(OptionsTest, Version) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"--version"}, {"-V"}, {"serve", "--version"}}) {
    const CommandLine version = parse(arguments);
    EXPECT_FALSE(version.serve);
    EXPECT_EQ(version.exit_code, kExitSuccess);
    EXPECT_TRUE(version.text.starts_with("echod ")) << version.text;
    EXPECT_EQ(std::ranges::count(version.text, '\n'), 1);
    EXPECT_TRUE(version.text.ends_with('\n'));
  }
}

}  // namespace
}  // namespace echod
