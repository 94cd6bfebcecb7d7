#include "app/serve/serve.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "app/admin/admin_server.h"
#include "app/cli/units.h"
#include "app/serve/memory_release.h"
#include "app/serve/reloader.h"
#include "app/serve/server.h"
#include "app/serve/service_report.h"
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

// Tells which replica this is.
void announce_environment(const http::ShownEnvironment& environment, Log& log) {
  if (environment.empty()) return;
  std::vector<LogObject::Member> members;
  for (const http::ShownVariable& variable : environment.variables()) {
    members.emplace_back(variable.name, variable.value);
  }
  const std::string_view list = environment.list();
  const std::string text = fmt::format("Environment: {}", list.empty() ? "nothing is set" : list);
  log.write({.level = LogLevel::kInfo,
             .event = "environment",
             .peer = {},
             .text = text,
             .fields = {{"environment", LogObject{members}}}});
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
    if (!options.http.environment.list().empty()) {
      text += fmt::format("Environment: {}\n", options.http.environment.list());
    }
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
  const Duration spin_max = server.spin().max;
  const std::string spin = spin_max > Duration::zero() ? format_duration(spin_max) : "off";
  log.write({.level = LogLevel::kInfo,
             .event = "engine",
             .peer = {},
             .text = "Engine: " + server.engine_summary(),
             .fields = {{"engine", name_of(server.engine_kind())},
                        {"workers", uint64_t{server.workers()}},
                        {"spin", spin},
                        {"spin_reason", server.spin().reason}}});
  announce_environment(options.http.environment, log);
}

void report(Log& log, LogLevel level, std::string_view event, const std::string& text) {
  log.write({.level = level, .event = event, .peer = {}, .text = text, .fields = {}});
}

AdminResources admin_resources(Server& server, Reloader& reloader, const MetricsPage& metrics) {
  std::vector<std::string> listeners;
  for (const Server::Listening& listener : server.listening()) {
    listeners.push_back(
        fmt::format("{}://{}", scheme_of(listener.protocol), listener.endpoint.to_string()));
  }
  return {.readiness = server.readiness(),
          .connections = server.open_connections(),
          .settings = [&reloader] { return reloader.settings(); },
          .listeners = std::move(listeners),
          .engine = server.engine_summary(),
          .reloader = &reloader,
          .metrics = &metrics};
}

// The options of the access log that were given although there is none.
std::vector<std::string_view> options_without_access_log(const ServeOptions& options) {
  std::vector<std::string_view> names;
  if (!options.access_log.file.empty()) return names;
  if (options.given.access_log_format) names.emplace_back("--access-log-format");
  if (options.given.access_log_skip) names.emplace_back("--access-log-skip");
  return names;
}

// Others than this machine's users may then run scripts in the server's origin.
void warn_if_unsafe(const Server& server, const ServeOptions& options, Log& log) {
  const http::AnswerPolicy* policy = options.http.policy.get();
  if (policy == nullptr || !policy->unsafe) return;
  for (const Server::Listening& listener : server.listening()) {
    if (listener.endpoint.is_loopback() || listener.protocol == Protocol::kRaw) continue;
    report(log, LogLevel::kWarning, "unsafe_answers",
           fmt::format("--unsafe-answers is on and {} is not a loopback address: any client can "
                       "make the server send headers and scripts that browsers trust",
                       listener.endpoint.to_string()));
  }
}

void report_warnings(const Server& server, const ServeOptions& options, Log& log) {
  for (const std::string& warning : options.warnings) {
    report(log, LogLevel::kWarning, "unknown_variable", warning);
  }
  if (const std::string& warning = server.spin().warning; !warning.empty()) {
    report(log, LogLevel::kWarning, "spin_costs", warning);
  }
  for (const std::string& warning : server.listen_warnings()) {
    report(log, LogLevel::kWarning, "option_ignored", warning);
  }
  for (const std::string_view name : ineffective_options(options.given, server.engine_kind())) {
    report(log, LogLevel::kWarning, "option_ignored",
           fmt::format("{} has no effect with the {} engine", name, name_of(server.engine_kind())));
  }
  for (const std::string& warning : options.shown_warnings) {
    report(log, LogLevel::kWarning, "shown_environment", warning);
  }
  for (const std::string_view name : options_without_access_log(options)) {
    report(log, LogLevel::kWarning, "option_ignored",
           fmt::format("{} has no effect without --access-log", name));
  }
}

// Null if there is none. It ends after the server has drained, so that probes are answered until
// then.
std::expected<std::unique_ptr<AdminServer>, std::string> start_admin(Server& server,
                                                                     const ServeOptions& options,
                                                                     Reloader& reloader,
                                                                     const MetricsPage& metrics) {
  if (options.admin.listen.empty()) return nullptr;
  return AdminServer::start(options.admin, admin_resources(server, reloader, metrics));
}

std::string count_open(const Server& server) {
  size_t count = server.connections();
  return fmt::format("{} active connection{}", count, count == 1 ? "" : "s");
}

// Waits until the server ends or `deadline`. A second signal ends the process.
bool wait_or_die(Server& server, const StopSignals& signals, ServiceReport& service,
                 Deadline deadline) {
  MonotonicClock clock;
  while (true) {
    service.tick();
    if (server.wait(clock.now() + kDrainPoll)) return true;
    const int number = signals.poll();
    if (StopSignals::what_is_asked(number) == StopSignals::Request::kStop) {
      print(stderr, "echod: second signal, ending at once\n");
      ::_exit(128 + number);
    }
    if (clock.now() >= deadline) return false;
  }
}

// `asked`: for nothing else, so that it is worth a line if there is nothing to reopen.
void reopen(Log& log, AccessLog& access_log, bool asked) {
  const std::expected<bool, std::string> reopened = log.reopen();
  const std::expected<bool, std::string> access = access_log.reopen();
  for (const auto* outcome : {&reopened, &access}) {
    if (!*outcome) {
      report(log, LogLevel::kError, "reopen_failed", outcome->error() + "; keeping the old file");
    }
  }
  if (!reopened || !access) return;
  if (*reopened || *access) {
    report(log, LogLevel::kInfo, "reopened", "Log files reopened");
  } else if (asked) {
    report(log, LogLevel::kInfo, "reopened", "There is no log file to reopen");
  }
}

// Waits until a signal requests shutdown, and does what other signals request.
void wait_for_stop(const Server& server, const StopSignals& signals, ServiceReport& service,
                   Reloader& reloader, Log& log, AccessLog& access_log) {
  constexpr Duration kTick = std::chrono::seconds(1);
  MonotonicClock clock;
  MemoryRelease release;
  release.is_due(0, resident_size());  // the baseline
  while (true) {
    const Duration due = std::max(service.tick_due() - clock.now(), Duration::zero());
    const int number = signals.wait_for(std::min(kTick, due));
    service.tick();
    switch (StopSignals::what_is_asked(number)) {
      case StopSignals::Request::kStop:
        return;
      case StopSignals::Request::kReload:
        service.reloading();
        reopen(log, access_log, false);
        reloader.reload();
        service.reloaded();
        break;
      case StopSignals::Request::kReopen:
        reopen(log, access_log, true);
        break;
      case StopSignals::Request::kNone:
        if (release.is_due(server.connections(), resident_size())) release_free_memory();
        break;
    }
  }
}

int drain(Server& server, const StopSignals& signals, ServiceReport& service,
          const ServeOptions& options, Log& log) {
  MonotonicClock clock;
  const Duration timeout = options.drain_timeout;
  server.announce_stop();  // first: a service manager that does not read delays the other
  service.stopping();
  if (options.drain_delay > Duration::zero()) {
    report(log, LogLevel::kInfo, "drain_delay",
           fmt::format("Shutting down in {}: serving with Connection: close until then",
                       format_duration(options.drain_delay)));
    wait_or_die(server, signals, service, clock.now() + options.drain_delay);
  }
  server.request(Phase::kDraining);
  const std::string within =
      timeout > Duration::zero() ? " within " + format_duration(timeout) : ", without a time limit";
  const std::string open = server.connections() == 0
                               ? "no active connections"
                               : fmt::format("{} may finish{}", count_open(server), within);
  report(log, LogLevel::kInfo, "draining", "Shutting down: " + open);
  if (!wait_or_die(server, signals, service, deadline_after(clock.now(), timeout))) {
    report(log, LogLevel::kWarning, "drain_timeout",
           fmt::format("Drain timeout: closing {}", count_open(server)));
    server.request(Phase::kAborting);
    if (!wait_or_die(server, signals, service, clock.now() + kAbortPatience)) {
      print(stderr, "echod: some connections did not close; exiting\n");
      ::_exit(kExitFailure);
    }
  }
  report(log, LogLevel::kInfo, "stopped", "Stopped");
  return kExitSuccess;
}

}  // namespace

int serve(LiveOptions& live) {
  const ServeOptions options = live.options();  // those of the start
  occupy_standard_streams();
  StopSignals signals(true);
  remove_orphans_if_first();
  std::expected<std::vector<InheritedSocket>, std::string> inherited = take_inherited_sockets();
  if (!inherited) {
    print(stderr, fmt::format("echod: {}\n", inherited.error()));
    return kExitUsage;
  }
  auto manager = ServiceManager::from_environment();
  std::expected<std::unique_ptr<Log>, std::string> log = Log::open(options.log);
  if (!log) {
    print(stderr, fmt::format("echod: {}\n", log.error()));
    return kExitFailure;
  }
  std::expected<std::unique_ptr<AccessLog>, std::string> access_log =
      AccessLog::open(options.access_log, **log);
  if (!access_log) {
    print(stderr, fmt::format("echod: {}\n", access_log.error()));
    return kExitFailure;
  }
  std::expected<std::unique_ptr<Server>, std::string> server =
      Server::start(options, **log, access_log->get(), std::move(*inherited));
  if (!server) {
    print(stderr, fmt::format("echod: {}\n", server.error()));
    return kExitFailure;
  }
  Reloader reloader(live, **server, **log, **access_log);
  const MetricsPage metrics(**server, **log, access_log->get());
  const auto admin = start_admin(**server, options, reloader, metrics);
  if (!admin) {
    print(stderr, fmt::format("echod: {}\n", admin.error()));
    return kExitFailure;
  }
  announce(**server, admin->get(), options, **log);
  warn_if_unsafe(**server, options, **log);
  report_warnings(**server, options, **log);
  if (!manager) {
    report(**log, LogLevel::kWarning, "service_manager", manager.error());
    manager = ServiceManager();
  }
  ServiceReport service(*manager, **server, **log);
  service.started();
  wait_for_stop(**server, signals, service, reloader, **log, **access_log);
  return drain(**server, signals, service, reloader.options(), **log);
}

}  // namespace echod
