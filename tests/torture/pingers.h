// Clients that behave well, in a thread of their own, while something else torments the server: how
// long they wait is what the torment costs the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "context.h"

namespace torture {

// Response times of well-behaved clients, in microseconds.
struct Latencies {
  std::vector<double> us;  // sorted

  size_t count() const { return us.size(); }
  // The value that this share (0 to 1) of them does not exceed; 0 where there are none.
  double quantile(double share) const;
};

// `count` connections that each send 64 bytes now and then, `rate` messages a second in all, and
// wait for their echo. A message counts from when it was due, so one that had to wait for the one
// before it is not counted as fast.
class Pingers {
 public:
  // The connections are made, or have failed, on return. `source` as in Context::source().
  Pingers(Context& context, unsigned count, double rate, std::string source);
  ~Pingers();  // stops without looking at what is under way

  // The times of the echoes since the last call.
  Latencies take();

  // Sends nothing more, and waits for what is under way. Says what went wrong with whom, if
  // anything did.
  std::string stop();

 private:
  struct Pinger;
  void work(const std::stop_token& token);
  void open_connections(std::string source);
  void ping(Pinger& pinger, Time due);
  void send(Pinger& pinger);
  void receive(Pinger& pinger);
  void break_off(Pinger& pinger, std::string why);

  Context& context_;
  const double rate_;
  int epoll_;
  std::vector<Pinger> pingers_;
  std::mutex mutex_;  // of what follows
  std::vector<double> times_us_;
  std::string complaint_;
  std::jthread thread_;
};

// A client of the same kind that comes anew for each message: connects, sends 64 bytes, waits for
// the echo, closes. Its time includes the connection.
class Victim {
 public:
  Victim(Context& context, std::string source);
  ~Victim();

  Latencies take();
  // As Pingers::stop().
  std::string stop();

 private:
  void work(const std::stop_token& token);

  Context& context_;
  const std::string source_;
  std::mutex mutex_;  // of what follows
  std::vector<double> times_us_;
  std::string complaint_;
  std::jthread thread_;
};

// Connects, sends `size` bytes and waits for their echo, as long as `patience`. Says what went
// wrong.
std::string visit(Context& context, const std::string& source, size_t size, Duration patience);

}  // namespace torture
