// What people type for places and amounts: URLs to listen on and to send to, durations, sizes and
// thresholds. Each is read, or refused with words; what was read is read again from its print.
#include <cmath>
#include <string>

#include "app/bench/load/target.h"
#include "app/bench/report/threshold.h"
#include "app/cli/listen_url.h"
#include "app/cli/units.h"
#include "fuzz_input.h"

namespace echod::fuzz {
namespace {

std::string with_port(const std::string& host, uint16_t port) {
  return (host.contains(':') ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void check_listen_url(std::string_view text) {
  const auto url = parse_listen_url(text);
  if (!url) {
    ECHOD_CHECK(!url.error().empty());
    return;
  }
  const auto again = parse_listen_url(std::string(scheme_of(url->protocol)) + "://" +
                                      with_port(url->host, url->port));
  ECHOD_CHECK(again && *again == *url);
}

void check_target(std::string_view text) {
  const auto target = parse_bench_target(text);
  if (!target) {
    ECHOD_CHECK(!target.error().empty());
    return;
  }
  const bool has_path = target->protocol != Protocol::kRaw;
  ECHOD_CHECK(target->url == text && !target->host.empty() && target->port != 0);
  ECHOD_CHECK(target->path.starts_with('/') && !target->path.contains('#'));
  ECHOD_CHECK(has_path || target->path == "/");
  std::string host = target->host;
  const size_t zone = host.contains(':') ? host.find('%') : std::string::npos;
  if (zone != std::string::npos) host.insert(zone + 1, "25");  // RFC 6874
  const auto again = parse_bench_target(std::string(scheme_of(target->protocol)) + "://" +
                                        with_port(host, target->port) + target->path);
  ECHOD_CHECK(again && again->protocol == target->protocol && again->host == target->host);
  ECHOD_CHECK(again->port == target->port && again->path == target->path);
}

void check_units(std::string_view text) {
  if (const auto duration = parse_duration(text)) {
    ECHOD_CHECK(*duration >= Duration::zero());
    const auto again = parse_duration(format_duration(*duration));
    ECHOD_CHECK(again);
    const auto difference = static_cast<double>((*again - *duration).count());
    const auto wanted = static_cast<double>(duration->count());
    ECHOD_CHECK(std::abs(difference) <= wanted * 1e-15);  // beyond 104 days a double rounds
  }
  if (const auto size = parse_size(text)) ECHOD_CHECK(parse_size(format_size(*size)) == size);
}

void check_threshold(std::string_view text) {
  const auto threshold = parse_threshold(text);
  if (!threshold) {
    ECHOD_CHECK(!threshold.error().empty());
    return;
  }
  ECHOD_CHECK(threshold->text == text && std::isfinite(threshold->limit));
  (void)threshold->broken_by(BenchResult{});
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod::fuzz;
  const std::string_view text = as_text(data, size);
  check_listen_url(text);
  check_target(text);
  check_units(text);
  check_threshold(text);
  return 0;
}
