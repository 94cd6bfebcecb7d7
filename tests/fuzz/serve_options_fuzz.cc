// The command line of the server: options within the limits that help states, or one clear line.
#include "app/cli/serve_options.h"
#include "command_line.h"

namespace echod::fuzz {
namespace {

void check_options(const ServeOptions& options) {
  ECHOD_CHECK(!options.listen.empty());
  for (const ListenUrl& url : options.listen) ECHOD_CHECK(!url.host.empty());
  ECHOD_CHECK(options.workers <= 10'000);
  ECHOD_CHECK(options.queue_max >= 1 && options.queue_max <= 100'000);
  const Duration spin_max = options.spin_max.value_or(kSpinMax);
  ECHOD_CHECK(spin_max >= Duration::zero() && spin_max <= std::chrono::milliseconds(10));
  ECHOD_CHECK(options.connections_max <= 1'000'000'000);
  ECHOD_CHECK(options.connections_per_source_max <= 1'000'000'000);
  ECHOD_CHECK(options.http.limits.body_size_max >= 1);
  ECHOD_CHECK(options.http.limits.head_size_max >= 256);
  ECHOD_CHECK(options.http.limits.head_size_max <= 64 << 20);
  const Duration year = std::chrono::hours(24 * 365);
  for (const Duration timeout :
       {options.idle_timeout.value_or(kIdleTimeout), options.stall_timeout, options.detect_timeout,
        options.http.head_timeout, options.drain_timeout}) {
    ECHOD_CHECK(timeout >= Duration::zero() && timeout <= year);
  }
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod;
  const fuzz::Arguments arguments("echod", data, size);
  const CommandLine line = parse_command_line(arguments.count(), arguments.values());
  if (line.serve) {
    ECHOD_CHECK(line.text.empty() && line.exit_code == kExitSuccess);
    fuzz::check_options(*line.serve);
  } else if (line.exit_code == kExitUsage) {
    fuzz::check_mistake(line.text);
  } else {
    ECHOD_CHECK(line.exit_code == kExitSuccess && !line.text.empty());  // help, the version
  }
  return 0;
}
