// What every case is given: where the server is, how patient to be, and where to report.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client.h"
#include "pattern.h"
#include "process.h"
#include "socket.h"

namespace torture {

struct Options {
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  int pid = 0;                     // 0: the server's process is not known
  std::vector<std::string> cases;  // empty: all
  std::vector<uint64_t> sizes;     // bytes; empty: each case's own
  bool quick = false;
  bool one_at_a_time = false;  // the server serves one client at a time
  bool list = false;
  uint64_t seed = 1;
  unsigned clients = 0;                  // at once at most, where a case wants many; 0: by mode
  double patience_s = 60;                // without a byte moving, until a case has hung
  double stream_s = 0;                   // longest time of a long stream; 0: none
  std::map<std::string, double> limits;  // of figures, "CASE.FIGURE"
  std::string json;                      // file; empty: none
};

class Context {
 public:
  Context(Options asked, Address server)
      : options(std::move(asked)), address(server), process(options.pid) {}

  // The pattern of the next connection of this run.
  Pattern next_pattern() { return {options.seed * 0x9E3779B97F4A7C15, next_stream_++}; }

  // Of two modes, the one that is on.
  template <typename T>
  T either(T quick, T full) const {
    return options.quick ? quick : full;
  }

  Duration patience() const {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.patience_s));
  }

  // Clients at once: as many as wanted, as are allowed, or one.
  unsigned at_once(unsigned wanted) const;

  // A source address of 127.0.0.0/8, where the server can tell such apart; else empty.
  std::string source(const char* loopback) const {
    return address.is_loopback_v4() ? loopback : std::string();
  }

  // Shows on a terminal what is under way: begins with a text, ends with none. progress() adds how
  // much of it is done, 0 to 1.
  void announce(const std::string& text);
  void progress(double share) const;

  Options options;
  Address address;
  ServerProcess process;

 private:
  std::string announced_;
  std::atomic<uint32_t> next_stream_{1};
};

}  // namespace torture
