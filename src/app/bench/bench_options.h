// The options of `echod bench URL`, and their defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/bench/report/threshold.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "protocol/http1/load.h"
#include "protocol/protocol.h"

namespace echod {

// Where to send: tcp://HOST:PORT, http://HOST:PORT/PATH.
struct BenchTarget {
  Protocol protocol = Protocol::kRaw;
  std::string host;
  uint16_t port = 0;
  std::string path = "/";  // HTTP
  std::string url;         // as given
};

// One size of messages and how often it is drawn.
struct SizeShare {
  uint64_t size;    // bytes
  uint32_t weight;  // relative to the others
};

struct BenchOptions {
  BenchTarget target;

  unsigned connections = 50;
  unsigned threads = 0;  // 0: one a processor, at most one a connection
  // Messages in flight on a connection: in a closed loop always so many (none: 1), in an open loop
  // at most (none: 1024), so that only a server far behind delays the schedule.
  std::optional<unsigned> pipeline;
  std::vector<SizeShare> sizes = {{64, 1}};

  // The end of the run: whichever of these comes first; without any, 10 s.
  std::optional<uint64_t> messages;  // in all
  std::optional<Duration> duration;  // of the measurement, without ramp and warm-up

  double rate = 0;                  // messages per second over all connections; 0: closed loop
  std::optional<Duration> warm_up;  // not measured; none: 250 ms, nothing where `messages` is given
  Duration ramp = Duration::zero();             // connections are opened evenly over this time
  double connect_rate = 0;                      // connections opened per second; 0: no limit
  bool connect_each = false;                    // connect, echo one message, close, again
  unsigned idle = 0;                            // additional idle connections
  Duration timeout = std::chrono::seconds(10);  // for a connect, and for an echo

  bool verify = true;                // every byte; else sizes alone
  std::vector<std::string> headers;  // HTTP: "Name: value"
  HttpLoad http;                     // HTTP: what is sent, and what is expected
  std::optional<EngineKind> engine;  // of the load tester's own loops; none: auto; epoll or uring
  std::vector<std::string> sources;  // addresses to connect from; empty: the system's choice, and
                                     // 127.0.0.0/8 spread when one loopback address is too few
  bool pin = false;                  // thread i on the i-th processor it may use
  bool self = false;                 // `--self`: measure the load tester's own ceiling

  Duration interval = std::chrono::seconds(1);  // of the time series
  bool view = true;                             // the live view (plain lines when not a terminal)
  std::string json_file;                        // empty: none; "-": standard output
  std::string html_file;
  std::string hlog_file;
  std::vector<Threshold> fail_if;
};

}  // namespace echod
