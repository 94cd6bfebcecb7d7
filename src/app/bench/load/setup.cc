#include "app/bench/load/setup.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/processor.h"
#include "net/resolver.h"
#include "net/socket_options.h"
#include "wire/http/syntax.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

// Linux gives a source address 28,232 ports to connect from (net.ipv4.ip_local_port_range); some
// may be in use or in TIME_WAIT.
constexpr uint64_t kConnectionsPerSource = 20'000;

// With a connection for each message, many ports are in TIME_WAIT: several addresses have more.
constexpr uint64_t kSourcesPerMessageConnections = 16;

// Messages of an open loop that may be in flight on a connection: enough not to delay the schedule
// when the server stalls.
constexpr unsigned kOpenLoopPipeline = 1024;

constexpr Duration kDefaultDuration = std::chrono::seconds(10);
constexpr Duration kDefaultWarmUp = std::chrono::milliseconds(250);

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string host_field(const BenchTarget& target) {
  std::string host = bracketed(target.host);
  if (target.port != 80) host += fmt::format(":{}", target.port);
  return host;
}

bool is_host(std::string_view header) {
  return wire::equals_ignoring_case(header.substr(0, header.find(':')), "Host");
}

// A given Host header replaces the target's.
std::string host_field(const BenchOptions& options) {
  for (const std::string& header : options.headers) {
    if (is_host(header)) return std::string(wire::trim(header.substr(header.find(':') + 1)));
  }
  return host_field(options.target);
}

std::string field_lines(const std::vector<std::string>& headers) {
  std::string lines;
  for (const std::string& header : headers) {
    if (!is_host(header)) lines += header + "\r\n";
  }
  return lines;
}

}  // namespace

std::optional<Duration> bench_duration(const BenchOptions& options) {
  if (options.duration || options.messages) return options.duration;
  return kDefaultDuration;
}

Duration bench_warm_up(const BenchOptions& options) {
  if (options.warm_up) return *options.warm_up;
  return options.messages ? Duration::zero() : kDefaultWarmUp;
}

std::expected<std::vector<Endpoint>, std::string> bench_sources(const BenchOptions& options,
                                                                const Endpoint& target) {
  std::vector<Endpoint> sources;
  for (const std::string& source : options.sources) {
    Result<std::vector<Endpoint>> resolved = resolve(source, 0);
    if (!resolved) return Failure(fmt::format("--source: '{}' is not an address", source));
    if (resolved->front().family() != target.family()) {
      return Failure(fmt::format("--source: {} cannot connect to {}", source, target.to_string()));
    }
    sources.push_back(resolved->front());
  }
  if (!sources.empty() || !target.is_loopback() || target.is_ipv6()) return sources;
  const uint64_t connections = uint64_t{options.connections} + options.idle;
  uint64_t count = (connections + kConnectionsPerSource - 1) / kConnectionsPerSource;
  if (options.connect_each) count = std::max(count, kSourcesPerMessageConnections);
  if (count < 2) return sources;
  for (uint64_t i = 0; i < count; ++i) {
    const std::string address = fmt::format("127.0.{}.{}", i / 200, i % 200 + 1);
    Result<std::vector<Endpoint>> resolved = resolve(address, 0);
    if (!resolved) return Failure(fmt::format("cannot connect from {}", address));
    sources.push_back(resolved->front());
  }
  return sources;
}

std::expected<BenchSetup, std::string> bench_setup(const BenchOptions& options) {
  BenchSetup setup{.options = options};
  Result<std::vector<Endpoint>> endpoints = resolve(options.target.host, options.target.port);
  if (!endpoints) {
    return Failure(
        fmt::format("cannot resolve host '{}' ({}); check its spelling, or give an address",
                    options.target.host, text_of(endpoints.error().detail)));
  }
  setup.endpoints = std::move(*endpoints);
  std::expected<std::vector<Endpoint>, std::string> sources =
      bench_sources(options, setup.endpoints.front());
  if (!sources) return Failure(sources.error());
  setup.sources = std::move(*sources);
  if (!setup.sources.empty()) {
    std::erase_if(setup.endpoints, [&](const Endpoint& endpoint) {
      return endpoint.family() != setup.sources.front().family();
    });
  }
  setup.host = host_field(options);
  setup.fields = field_lines(options.headers);
  setup.engine = options.engine ? *options.engine : choose_engine().kind;
  const auto processors = static_cast<unsigned>(usable_processors().size());
  const unsigned threads = options.threads > 0 ? options.threads : processors;
  setup.threads = std::max(1u, std::min(threads, std::max(options.connections, options.idle)));
  setup.rate = options.rate;
  // A connection for each message, opened at a rate, is a schedule of messages.
  if (options.connect_each && setup.rate == 0) setup.rate = options.connect_rate;
  const unsigned pipeline = setup.open_loop() ? kOpenLoopPipeline : 1;
  setup.pipeline = options.connect_each ? 1 : options.pipeline.value_or(pipeline);
  setup.opening = options.ramp;
  if (options.connect_rate > 0 && !options.connect_each) {
    const auto at_least = std::chrono::duration<double>(options.connections / options.connect_rate);
    setup.opening = std::max(setup.opening, std::chrono::duration_cast<Duration>(at_least));
  }
  return setup;
}

BenchPlan bench_plan(const BenchSetup& setup) {
  const BenchOptions& options = setup.options;
  std::string sizes;
  for (const SizeShare& share : options.sizes) {
    if (!sizes.empty()) sizes += ',';
    sizes += std::to_string(share.size);
    if (options.sizes.size() > 1) sizes += fmt::format(":{}", share.weight);
  }
  BenchPlan plan;
  plan.url = options.target.url;
  plan.loop = setup.open_loop() ? "open" : "closed";
  plan.sizes = sizes;
  plan.connections = options.connections;
  plan.threads = setup.threads;
  plan.pipeline = setup.pipeline;
  plan.idle_connections = options.idle;
  plan.rate = setup.rate;
  plan.connect_each = options.connect_each;
  plan.verify = options.verify && options.http.echo;
  if (!options.http.echo) plan.method = options.http.method;
  plan.warm_up_s = static_cast<double>(bench_warm_up(options).count()) / 1e9;
  return plan;
}

}  // namespace echod
