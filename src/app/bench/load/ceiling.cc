#include "app/bench/load/ceiling.h"

#include <algorithm>
#include <memory>

#include "app/cli/serve_options.h"
#include "app/log/log.h"
#include "app/serve/server.h"
#include "engine/processor.h"

namespace echod {
namespace {

constexpr Duration kDuration = std::chrono::seconds(1);
constexpr unsigned kConnectionsMax = 256;  // more make no difference, and need descriptors twice

constexpr double kNearCeiling = 0.9;  // of the rate
constexpr double kBusy = 0.95;        // of the threads' time

}  // namespace

std::expected<Ceiling, std::string> measure_ceiling(const BenchOptions& options,
                                                    BenchObserver& observer) {
  LogOptions quiet;
  quiet.level = LogLevel::kOff;
  std::expected<std::unique_ptr<Log>, std::string> log = Log::open(quiet);
  if (!log) return std::unexpected(log.error());
  ServeOptions serve;
  serve.listen.front().port = 0;
  serve.listen.front().protocol =
      options.target.protocol == Protocol::kRaw ? Protocol::kRaw : Protocol::kHttp1;
  std::expected<std::unique_ptr<Server>, std::string> server = Server::start(serve, **log);
  if (!server) return std::unexpected(server.error());

  BenchOptions own = options;
  own.target.host = "127.0.0.1";
  own.target.port = (*server)->listening().front().endpoint.port();
  own.connections = std::min(options.connections, kConnectionsMax);
  own.idle = 0;
  own.rate = 0;
  own.connect_rate = 0;
  own.ramp = Duration::zero();
  own.messages.reset();
  own.duration = kDuration;
  own.warm_up.reset();
  own.sources.clear();
  if (options.rate > 0) own.pipeline = 1;  // each message on its own, as a schedule sends it
  std::expected<BenchResult, std::string> result = run_bench(own, observer);
  if (!result) return std::unexpected(result.error());

  Ceiling ceiling;
  ceiling.interrupted = result->interrupted;
  ceiling.threads = static_cast<unsigned>(result->plan.threads);
  if (result->messages == 0 || result->tester_cpu_s <= 0) return ceiling;
  ceiling.cpu_per_message_s = result->tester_cpu_s / static_cast<double>(result->messages);
  ceiling.messages_per_s =
      static_cast<double>(std::min<size_t>(ceiling.threads, usable_processors().size())) /
      ceiling.cpu_per_message_s;
  return ceiling;
}

void note_ceiling(BenchResult& result, const Ceiling* ceiling) {
  if (ceiling != nullptr) result.ceiling_per_s = ceiling->messages_per_s;
  const bool near =
      result.ceiling_per_s > 0 && result.rate() >= kNearCeiling * result.ceiling_per_s;
  result.at_ceiling = near || result.tester_cpu_busy > kBusy;
}

}  // namespace echod
