// The command line, read with CLI11: the only file that includes it (3 s to compile).
#include "app/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <ranges>

#include <CLI/CLI.hpp>

#include "app/units.h"

namespace echod {
namespace {

// How a value of an option is read: nothing, or what is wrong with it.
using Reader = std::function<std::optional<std::string>(const std::string&)>;

constexpr std::string_view kVersion = "echod " ECHOD_VERSION;

constexpr std::string_view kDescription =
    "echod is an echo server: what a client sends comes back, byte for byte over TCP,\n"
    "and as the response body over HTTP/1.1, both on the same port.\n\n"
    "  echod                          listen on 127.0.0.1:8080\n"
    "  echod --listen [::]:7          every address, IPv4 and IPv6, port 7\n"
    "  echod --listen tcp://:9000 --listen http://:9001\n"
    "  echod --engine epoll --workers 2 --log-format json\n";

constexpr std::string_view kFooter =
    "DURATION is 500ms, 10s, 5m or 2h; SIZE is 4096, 64KiB or 1MiB; 0 means no limit.\n\n"
    "Signals: SIGTERM or SIGINT stops accepting and lets open echoes finish until the\n"
    "drain timeout; a second one ends at once.\n"
    "Exit status: 0 stopped as asked, 1 failed while running, 2 wrong command line,\n"
    "128 + signal number when ended at once by a second signal.\n";

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitution, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

constexpr size_t kHelpColumn = 36;  // where descriptions start
constexpr size_t kHelpWidth = 100;

// Breaks the lines that CLI11 leaves as long as they are, under the start of their description.
std::string wrap_help(std::string_view help) {
  std::string out;
  for (auto part : std::views::split(help, '\n')) {
    std::string_view line(part.begin(), part.end());
    for (size_t indent = 0; indent + line.size() > kHelpWidth; indent = kHelpColumn) {
      size_t space = line.rfind(' ', kHelpWidth - indent);
      if (space == std::string_view::npos || indent + space <= kHelpColumn) break;
      out += line.substr(0, space);
      out += '\n' + std::string(kHelpColumn, ' ');
      line.remove_prefix(space + 1);
    }
    out += line;
    out += '\n';
  }
  return out;
}

// The name mistakes are reported under: "-e,--engine" is "--engine".
std::string long_name(const std::string& names) { return names.substr(names.find("--")); }

// The command-line parser, bound to the options it fills.
class Parser {
 public:
  Parser() : app_(std::string(kDescription), "echod") {
    app_.footer(std::string(kFooter));
    app_.get_formatter()->column_width(kHelpColumn);
    app_.set_help_flag("-h,--help", "Print this and exit");
    app_.add_flag("-V,--version", version_, "Print the version and exit");
    CLI::App* serve = app_.add_subcommand("serve", "Run the echo server (the default)");
    // All options are the program's, also behind the verb. Its own --help would be ignored.
    serve->fallthrough()->silent()->set_help_flag();
    add_serving();
    add_limits();
    add_timeouts();
    add_logging();
  }

  CommandLine parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      return {std::nullopt, wrap_help(app_.help()), kExitSuccess};
    } catch (const CLI::ArgumentMismatch& error) {
      // "--listen: 1 required HOST:PORT missing"
      std::string_view text = error.what();
      return wrong(fmt::format("{} needs a value", text.substr(0, text.find(':'))));
    } catch (const CLI::ExtrasError&) {
      return wrong(unknown_argument());
    } catch (const CLI::ParseError& error) {
      return wrong(error.what());
    }
    if (version_) return {std::nullopt, fmt::format("{}\n", kVersion), kExitSuccess};
    return {options_, {}, kExitSuccess};
  }

 private:
  static CommandLine wrong(std::string_view message) {
    std::string line(message);
    std::ranges::replace(line, '\n', ' ');
    return {std::nullopt, fmt::format("echod: {} (echod --help lists the options)\n", line),
            kExitUsage};
  }

  std::string unknown_argument() const {
    std::string argument = app_.remaining(true).front();
    std::string kind = argument.starts_with('-') ? "option" : "command";
    std::string name = argument.substr(0, argument.find('='));
    std::string best;
    size_t best_distance = 4;  // further away is no suggestion
    auto consider = [&](const std::string& candidate) {
      size_t distance = edit_distance(name, candidate);
      if (distance < best_distance) {
        best_distance = distance;
        best = candidate;
      }
    };
    for (const CLI::Option* option : app_.get_options()) {
      for (const std::string& long_name : option->get_lnames()) consider("--" + long_name);
    }
    if (kind == "command") consider("serve");
    std::string text = fmt::format("unknown {} '{}'", kind, argument);
    if (!best.empty()) text += fmt::format("; did you mean {}?", best);
    return text;
  }

  CLI::Option* add(const std::string& name, Reader read, std::string_view metavar,
                   const std::string& help, std::string_view group) {
    CLI::callback_t read_all = [read](const CLI::results_t& values) {
      for (const std::string& value : values) {
        if (std::optional<std::string> problem = read(value)) throw CLI::ValidationError(*problem);
      }
      return true;
    };
    return app_.add_option(name, read_all, help)
        ->type_name(std::string(metavar))
        ->group(std::string(group))
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)  // a script's caller overrides it
        ->run_callback_for_default();
  }

  // An option whose value is one of `choices`.
  template <typename T>
  void add_choice(const std::string& name, T& target,
                  std::vector<std::pair<std::string, T>> choices, const std::string& help,
                  std::string_view group) {
    std::string names;
    for (const auto& choice : choices) names += (names.empty() ? "" : "|") + choice.first;
    Reader read = [name = long_name(name), names, choices,
                   &target](const std::string& value) -> Problem {
      auto found = std::ranges::find(choices, value, &std::pair<std::string, T>::first);
      if (found == choices.end())
        return fmt::format("{}: '{}' is not one of {}", name, value, names);
      target = found->second;
      return std::nullopt;
    };
    add(name, read, names, help, group);
  }

  void add_duration(const std::string& name, std::function<void(Duration)> set,
                    const std::string& help) {
    Reader read = [name, set](const std::string& value) -> Problem {
      std::optional<Duration> duration = parse_duration(value);
      if (!duration) {
        return fmt::format("{}: '{}' is not a duration; write 500ms, 10s or 5m", name, value);
      }
      set(*duration);
      return std::nullopt;
    };
    add(name, read, "DURATION", help, kTimeouts);
  }

  void add_size(const std::string& name, uint64_t min, uint64_t max,
                std::function<void(uint64_t)> set, const std::string& help) {
    Reader read = [=](const std::string& value) -> Problem {
      std::optional<uint64_t> size = parse_size(value);
      if (!size) return fmt::format("{}: '{}' is not a size; write 4096 or 64KiB", name, value);
      if ((*size != 0 && *size < min) || *size > max) {
        return fmt::format("{}: {} is out of range; it may be from {} to {}", name, value,
                           format_size(min), format_size(max));
      }
      set(*size);
      return std::nullopt;
    };
    add(name, read, "SIZE", help, kLimits);
  }

  void add_count(const std::string& name, uint64_t min, uint64_t max,
                 std::function<void(uint64_t)> set, const std::string& help,
                 std::string_view group) {
    Reader read = [=, name = long_name(name)](const std::string& value) -> Problem {
      std::optional<uint64_t> count = parse_size(value);
      if (!count || *count < min || *count > max) {
        return fmt::format("{}: '{}' is not a number from {} to {}", name, value, min, max);
      }
      set(*count);
      return std::nullopt;
    };
    add(name, read, "N", help, group);
  }

  void add_serving();
  void add_limits();
  void add_timeouts();
  void add_logging();

  using Problem = std::optional<std::string>;
  static constexpr std::string_view kServing = "Serving";
  static constexpr std::string_view kLimits = "Limits";
  static constexpr std::string_view kTimeouts = "Timeouts";
  static constexpr std::string_view kLogging = "Logging";

  CLI::App app_;
  ServeOptions options_;
  bool version_ = false;
};

void Parser::add_serving() {
  Reader read_listen = [this, first = true](const std::string& value) mutable -> Problem {
    std::expected<ListenUrl, std::string> url = parse_listen_url(value);
    if (!url) return fmt::format("--listen: {}", url.error());
    if (std::exchange(first, false)) options_.listen.clear();
    options_.listen.push_back(*url);
    return std::nullopt;
  };
  add("-l,--listen", read_listen, "[auto|tcp|http://]HOST:PORT",
      "Where to listen and what to speak: auto detects HTTP and echoes everything else raw, tcp "
      "echoes everything raw, http speaks only HTTP. HOST may be a name, an address, [::1] or *; "
      "port 0 picks one. May be repeated (auto://127.0.0.1:8080)",
      kServing)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  std::vector<std::pair<std::string, std::optional<EngineKind>>> engines = {{"auto", std::nullopt}};
  for (EngineKind kind : kEngineKinds) engines.emplace_back(name_of(kind), kind);
  add_choice("-e,--engine", options_.engine, engines,
             "How connections are served: auto takes uring where the kernel allows it, else epoll "
             "(auto)",
             kServing);
  add_count(
      "-w,--workers", 1, 10'000, [this](uint64_t n) { options_.workers = unsigned(n); },
      "epoll, uring: event loops (one for each processor); pool: its threads; threads: the most "
      "threads at once (1000)",
      kServing);
  add_count(
      "--queue", 1, 100'000, [this](uint64_t n) { options_.queue_max = unsigned(n); },
      "pool: accepted connections that may wait for a worker (128)", kServing);
}

void Parser::add_limits() {
  constexpr uint64_t kMany = 1'000'000'000;
  add_count(
      "--max-connections", 0, kMany, [this](uint64_t n) { options_.connections_max = n; },
      "Connections at once; more wait to be accepted (the descriptor limit)", kLimits);
  add_count(
      "--max-connections-per-source", 0, kMany,
      [this](uint64_t n) { options_.connections_per_source_max = n; },
      "Connections at once from one IPv4 address or IPv6 /64; more are refused (0)", kLimits);
  add_size(
      "--max-body", 1, uint64_t{1} << 60,
      [this](uint64_t n) { options_.http.limits.body_size_max = n == 0 ? uint64_t{1} << 60 : n; },
      "HTTP: a request's body; a larger one is answered with 413 (1TiB)");
  add_size(
      "--max-header", 256, 64 << 20,
      [this](uint64_t n) { options_.http.limits.head_size_max = n == 0 ? 64 << 20 : n; },
      "HTTP: a request's line and fields together; a larger head is answered with 431 (32KiB)");
  add_size(
      "--unsent-buffer", 1024, 1 << 30, [this](uint64_t n) { options_.socket.unsent_size_max = n; },
      "Bytes the kernel holds for a client beyond what it was sent, TCP_NOTSENT_LOWAT (128KiB)");
  add_size(
      "--socket-buffer", 4096, 1 << 30, [this](uint64_t n) { options_.socket.buffer_size = n; },
      "Fixes the kernel's buffer in each direction, so that a client that does not read holds "
      "little memory; slows long distances (0: the kernel adapts it)");
}

void Parser::add_timeouts() {
  add_duration(
      "--idle-timeout", [this](Duration d) { options_.idle_timeout = d; },
      "A connection on which nothing comes is closed (5m; sequential: 30s)");
  add_duration(
      "--stall-timeout", [this](Duration d) { options_.stall_timeout = d; },
      "A connection whose client does not take a buffer of up to 30KiB in this time is closed "
      "(30s)");
  add_duration(
      "--detect-timeout", [this](Duration d) { options_.detect_timeout = d; },
      "A beginning that may still become HTTP is echoed raw (3s)");
  add_duration(
      "--header-timeout", [this](Duration d) { options_.http.head_timeout = d; },
      "HTTP: from a request's first byte to the end of its head; then 408 (10s)");
  add_duration(
      "--drain-timeout", [this](Duration d) { options_.drain_timeout = d; },
      "After SIGTERM or SIGINT, open echoes may go on this long (5s)");
}

void Parser::add_logging() {
  using Format = LogFormat;
  using Level = LogLevel;
  add_choice<Format>(
      "--log-format", options_.log.format,
      {{"text", Format::kText}, {"logfmt", Format::kLogfmt}, {"json", Format::kJson}},
      "What the log looks like (text)", kLogging);
  add_choice<Level>("--log-level", options_.log.level,
                    {{"debug", Level::kDebug},
                     {"info", Level::kInfo},
                     {"warning", Level::kWarning},
                     {"error", Level::kError},
                     {"off", Level::kOff}},
                    "The least important lines to write (info)", kLogging);
  Reader read_file = [this](const std::string& value) -> Problem {
    if (value.empty()) return "--log-file: give the name of a file";
    options_.log.file = value;
    return std::nullopt;
  };
  add("--log-file", read_file, "FILE", "Append the log to FILE (standard error)", kLogging);
  Reader read_receives = [this](const std::string& value) -> Problem {
    std::optional<uint64_t> count = parse_size(value);
    if (value == "all") {
      options_.log_receives = kAllReceives;
    } else if (value == "none") {
      options_.log_receives = 0;
    } else if (count && *count < kAllReceives) {
      options_.log_receives = static_cast<uint32_t>(*count);
    } else {
      return fmt::format("--log-reads: '{}' is not a number, all or none", value);
    }
    return std::nullopt;
  };
  add("--log-reads", read_receives, "N|all|none",
      "Reads logged of each connection before it falls quiet until its closing line (10)",
      kLogging);
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  return Parser().parse(argc, argv);
}

}  // namespace echod
