#include "app/serve/serve.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "app/admin/admin_server.h"
#include "app/cli/units.h"
#include "app/serve/memory_release.h"
#include "app/serve/server.h"
#include "app/serve/stop_signals.h"
#include "stream/transport.h"

namespace echod {
namespace {

// How often a draining server checks whether it has ended or got another signal.
constexpr Duration kDrainPoll = std::chrono::milliseconds(10);

// Maximum time for aborting after the drain timeout. Never reached, since connections end at once.
constexpr Duration kAbortPatience = std::chrono::seconds(5);

void print(std::FILE* stream, const std::string& text) {
  std::fputs(text.c_str(), stream);
  std::fflush(stream);
}

// A command line to try the server.
std::string test_line(const Server::Listening& listener) {
  uint16_t port = listener.endpoint.port();
  const std::string address = listener.endpoint.to_string();
  std::string host(host_of(address));
  bool local = host == "127.0.0.1" || host == "0.0.0.0" || host == "::";
  if (local) host = "localhost";
  if (listener.protocol == Protocol::kRaw) {
    return fmt::format("Test with: nc {} {}", host, port);
  }
  if (host.contains(':')) host = "[" + host + "]";
  std::string scheme = local ? "" : "http://";
  return fmt::format("Test with: curl --data 'Hello!' {}{}:{}", scheme, host, port);
}

// `admin` is null if there is none.
void announce(const Server& server, const AdminServer* admin, const ServeOptions& options,
              Log& log) {
  const std::vector<std::string> admin_addresses =
      admin != nullptr ? admin->listening() : std::vector<std::string>();
  if (options.log.format == LogFormat::kText) {
    std::string text;
    for (const Server::Listening& listener : server.listening()) {
      text += fmt::format("Echo server listening on {}\n", listener.endpoint.to_string());
    }
    text += test_line(server.listening().front()) + "\n";
    for (const std::string& address : admin_addresses)
      text += fmt::format("Admin interface on {}\n", address);
    text += fmt::format("Engine: {}\n", server.engine_summary());
    print(options.access_log.to_standard_output() ? stderr : stdout, text);
    return;
  }
  // A machine-readable log: the same as events.
  for (const Server::Listening& listener : server.listening()) {
    std::string address = listener.endpoint.to_string();
    log.write({.level = LogLevel::kInfo,
               .event = "listening",
               .peer = {},
               .text = "Echo server listening on " + address,
               .fields = {{"address", address}, {"protocol", scheme_of(listener.protocol)}}});
  }
  for (const std::string& address : admin_addresses) {
    log.write({.level = LogLevel::kInfo,
               .event = "admin_listening",
               .peer = {},
               .text = "Admin interface on " + address,
               .fields = {{"address", address}}});
  }
  log.write({.level = LogLevel::kInfo,
             .event = "engine",
             .peer = {},
             .text = "Engine: " + server.engine_summary(),
             .fields = {{"engine", name_of(server.engine_kind())}}});
}

void report(Log& log, LogLevel level, std::string_view event, const std::string& text) {
  log.write({.level = level, .event = event, .peer = {}, .text = text, .fields = {}});
}

AdminResources admin_resources(Server& server, const EffectiveSettings& settings) {
  std::vector<std::string> listeners;
  for (const Server::Listening& listener : server.listening()) {
    listeners.push_back(
        fmt::format("{}://{}", scheme_of(listener.protocol), listener.endpoint.to_string()));
  }
  return {.readiness = server.readiness(),
          .connections = server.open_connections(),
          .settings = settings,
          .listeners = std::move(listeners),
          .engine = server.engine_summary()};
}

// Null if there is none. It ends after the server has drained, so that probes are answered until
// then.
std::expected<std::unique_ptr<AdminServer>, std::string> start_admin(
    Server& server, const ServeOptions& options, const EffectiveSettings& settings) {
  if (options.admin.listen.empty()) return nullptr;
  return AdminServer::start(options.admin, admin_resources(server, settings));
}

std::string count_open(const Server& server) {
  size_t count = server.connections();
  return fmt::format("{} active connection{}", count, count == 1 ? "" : "s");
}

// Waits until the server ends or `deadline`. A second signal ends the process.
bool wait_or_die(Server& server, const StopSignals& signals, const Clock& clock,
                 Deadline deadline) {
  while (true) {
    if (server.wait(clock.now() + kDrainPoll)) return true;
    const int number = signals.poll();
    if (number != 0 && !StopSignals::asks_to_reopen(number)) {
      print(stderr, "echod: second signal, ending at once\n");
      ::_exit(128 + number);
    }
    if (clock.now() >= deadline) return false;
  }
}

void reopen(Log& log, AccessLog* access_log) {
  const std::expected<void, std::string> reopened = log.reopen();
  const std::expected<void, std::string> access =
      access_log != nullptr ? access_log->reopen() : std::expected<void, std::string>();
  for (const auto* outcome : {&reopened, &access}) {
    if (!*outcome) {
      report(log, LogLevel::kError, "reopen_failed", outcome->error() + "; keeping the old file");
    }
  }
  if (reopened && access) report(log, LogLevel::kInfo, "reopened", "Log files reopened");
}

// Waits until a signal requests shutdown.
void wait_for_stop(const Server& server, const StopSignals& signals, Log& log,
                   AccessLog* access_log) {
  constexpr Duration kTick = std::chrono::seconds(1);
  MemoryRelease release;
  release.is_due(0, resident_size());  // the baseline
  while (true) {
    const int number = signals.wait_for(kTick);
    if (StopSignals::asks_to_reopen(number)) {
      reopen(log, access_log);
    } else if (number != 0) {
      return;
    } else if (release.is_due(server.connections(), resident_size())) {
      release_free_memory();
    }
  }
}

int drain(Server& server, const StopSignals& signals, const ServeOptions& options, Log& log) {
  MonotonicClock clock;
  const Duration timeout = options.drain_timeout;
  server.announce_stop();
  if (options.drain_delay > Duration::zero()) {
    report(log, LogLevel::kInfo, "drain_delay",
           fmt::format("Shutting down in {}: serving with Connection: close until then",
                       format_duration(options.drain_delay)));
    wait_or_die(server, signals, clock, clock.now() + options.drain_delay);
  }
  server.request(Phase::kDraining);
  const std::string open =
      server.connections() == 0
          ? "no active connections"
          : fmt::format("{} may finish within {}", count_open(server), format_duration(timeout));
  report(log, LogLevel::kInfo, "draining", "Shutting down: " + open);
  if (!wait_or_die(server, signals, clock, clock.now() + timeout)) {
    report(log, LogLevel::kWarning, "drain_timeout",
           fmt::format("Drain timeout: closing {}", count_open(server)));
    server.request(Phase::kAborting);
    if (!wait_or_die(server, signals, clock, clock.now() + kAbortPatience)) {
      print(stderr, "echod: some connections did not close; exiting\n");
      ::_exit(kExitFailure);
    }
  }
  report(log, LogLevel::kInfo, "stopped", "Stopped");
  return kExitSuccess;
}

}  // namespace

int serve(const ServeOptions& options) {
  occupy_standard_streams();
  StopSignals signals(true);
  std::expected<std::unique_ptr<Log>, std::string> log = Log::open(options.log);
  if (!log) {
    print(stderr, fmt::format("echod: {}\n", log.error()));
    return kExitFailure;
  }
  std::unique_ptr<AccessLog> access_log;
  if (!options.access_log.file.empty()) {
    auto opened = AccessLog::open(options.access_log, **log);
    if (!opened) {
      print(stderr, fmt::format("echod: {}\n", opened.error()));
      return kExitFailure;
    }
    access_log = std::move(*opened);
  }
  std::expected<std::unique_ptr<Server>, std::string> server =
      Server::start(options, **log, access_log.get());
  if (!server) {
    print(stderr, fmt::format("echod: {}\n", server.error()));
    return kExitFailure;
  }
  const EffectiveSettings settings(options.settings);
  const auto admin = start_admin(**server, options, settings);
  if (!admin) {
    print(stderr, fmt::format("echod: {}\n", admin.error()));
    return kExitFailure;
  }
  announce(**server, admin->get(), options, **log);
  for (const std::string& warning : options.warnings) {
    report(**log, LogLevel::kWarning, "unknown_variable", warning);
  }
  for (const std::string_view name : ineffective_options(options.given, (*server)->engine_kind())) {
    report(**log, LogLevel::kWarning, "option_ignored",
           fmt::format("{} has no effect with the {} engine", name,
                       name_of((*server)->engine_kind())));
  }
  if (options.given.access_log_format && options.access_log.file.empty()) {
    report(**log, LogLevel::kWarning, "option_ignored",
           "--access-log-format has no effect without --access-log");
  }
  wait_for_stop(**server, signals, **log, access_log.get());
  return drain(**server, signals, options, **log);
}

}  // namespace echod
