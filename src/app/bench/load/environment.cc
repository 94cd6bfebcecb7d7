#include "app/bench/load/environment.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <string>

#include "engine/processor.h"

namespace echod {
namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The value of the first line "KEY : VALUE" of /proc/cpuinfo.
std::string cpu_field(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

std::string_view compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string_view machine() {
#if defined(__x86_64__)
  return "x86_64";
#elif defined(__aarch64__)
  return "aarch64";
#elif defined(__riscv)
  return "riscv";
#else
  return "";
#endif
}

}  // namespace

BenchEnvironment bench_environment(std::string_view engine) {
  BenchEnvironment environment;
  environment.echod_version = ECHOD_VERSION;
  environment.compiler = compiler();
  environment.engine = engine;
  environment.kernel = fmt::format("{} {}", first_line("/proc/sys/kernel/ostype"),
                                   first_line("/proc/sys/kernel/osrelease"));
  environment.machine = machine();
  environment.cpu = cpu_field("model name");
  environment.processors = usable_processors().size();
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  environment.started_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
  return environment;
}

}  // namespace echod
