// The whole server, as it is shipped, in a simulated world (src/app/sim/world.h) whose clients are
// what the input says: what they send and how it is cut, when they wait, half-close, reset, read
// slowly or never. What comes back must be an echo, no check may fail, and nothing may be left.
//
// The input: a letter for the engine, e or u, or E or U with faults; a seed of two bytes; then
// steps. "+" and "*" begin a client, on the port that detects and on the raw one. ">TEXT\0" sends,
// "#N" sends N * 256 bytes, ".N" waits 2^N ms, "|" half-closes, "!" resets, "-N" pauses 2^N ms
// after each receive, "_" never reads. N is a byte. All other bytes mean nothing.
#include <string>
#include <vector>

#include "app/log/log.h"
#include "app/sim/world.h"
#include "fuzz_input.h"

namespace echod::fuzz {
namespace {

using sim::ClientScript;
using sim::ScriptStep;

constexpr size_t kClientsMax = 8;
constexpr size_t kStepsMax = 32;                // of a client
constexpr size_t kBytesMax = size_t{96} << 10;  // that a client sends

Duration power_of_ms(uint8_t exponent) {
  return std::chrono::milliseconds(uint64_t{1} << (exponent % 17));  // up to a minute
}

class ScriptReader {
 public:
  void read(FuzzInput& input) {
    const auto op = static_cast<char>(input.byte());
    if (op == '+' || op == '*') {
      if (clients.size() == kClientsMax) return;
      clients.push_back({.raw_port = op == '*'});
      size_ = 0;
    }
    if (clients.empty()) return;
    ClientScript& client = clients.back();
    if (op == '_') client.reads = false;
    if (op == '-') client.read_pause = power_of_ms(input.byte());
    if (client.steps.size() == kStepsMax) return;
    if (op == '>') send(client, std::string(input.text_until('\0')));
    if (op == '#') send(client, filler(size_t{input.byte()} * 256));
    if (op == '.') client.steps.push_back({ScriptStep::Kind::kWait, {}, power_of_ms(input.byte())});
    if (op == '|') client.steps.push_back({ScriptStep::Kind::kHalfClose});
    if (op == '!') client.steps.push_back({ScriptStep::Kind::kReset});
  }

  std::vector<ClientScript> clients;

 private:
  void send(ClientScript& client, std::string bytes) {
    if (bytes.empty() || size_ + bytes.size() > kBytesMax) return;
    size_ += bytes.size();
    client.steps.push_back({ScriptStep::Kind::kSend, std::move(bytes)});
  }

  // Bytes that differ from place to place, so that a lost or swapped one shows.
  std::string filler(size_t size) {
    Random random(size_ + 1);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random.next());
    return text;
  }

  size_t size_ = 0;
};

Log& quiet_log() {
  static const std::unique_ptr<Log> log = [] {
    LogOptions quiet;
    quiet.level = LogLevel::kOff;
    return std::move(*Log::open(quiet));
  }();
  return *log;
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod;
  fuzz::FuzzInput input(data, size);
  const uint8_t kind = input.byte();
  const bool uring = (kind | 0x20) == 'u';
  const uint64_t seed = input.number(2);
  fuzz::ScriptReader scripts;
  while (!input.empty()) scripts.read(input);
  if (scripts.clients.empty()) return 0;
  const sim::WorldOutcome outcome =
      sim::run_world({.seed = seed,
                      .engine = uring ? EngineKind::kUring : EngineKind::kEpoll,
                      .faults = (kind & 0x20) == 0,
                      .clients = &scripts.clients},
                     fuzz::quiet_log());
  if (!outcome.failure.empty()) check_failed(outcome.failure.c_str(), __FILE__, __LINE__);
  return 0;
}
