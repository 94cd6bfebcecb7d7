// One of the load tester's connections, from its first connect to the end of the run: sends what
// the closed loop's window or the open loop's schedule allows, counts the echoes, and reconnects
// when it fails. No failure of it ends the run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/bench/load/tester.h"
#include "base/event.h"
#include "base/ring_queue.h"
#include "base/task.h"
#include "protocol/client_driver.h"
#include "protocol/echo_client.h"
#include "stream/connect.h"

namespace echod {

class BenchConnection final : private EchoTraffic {
 public:
  enum class Role : uint8_t {
    kActive,
    kIdle,  // sends nothing until Tester::checking_idle, then echoes one message; does not
            // reconnect
  };

  // `number` counts the connections of its role in the whole run.
  BenchConnection(Tester& tester, uint64_t number, Role role)
      : tester_(tester), number_(number), role_(role) {}
  BenchConnection(const BenchConnection&) = delete;
  BenchConnection& operator=(const BenchConnection&) = delete;

  // Ends when there is nothing more to send and every echo is back, or when the loop aborts.
  Task<> run();

  // Open loop: messages of its schedule up to and excluding `end` are due. wake() follows.
  void set_due(uint64_t end) { due_end_ = end; }
  uint64_t due_end() const { return due_end_; }

  // Open loop: message `first` is the first of its schedule.
  void set_first_due(uint64_t first) { begun_ = due_end_ = first; }

  // Sends what may be sent now.
  void wake();

  // The same for messages that have become due: records the lag that this thread caused.
  void send_due();

  // Ends it as soon as possible: messages in flight are counted as unanswered.
  void give_up();

  // Aborts the connection when its oldest message has waited for longer than the timeout.
  void check_age(Time now);

  // Whether messages are in flight, or the connection is being opened for one.
  bool busy() const { return !in_flight_.empty(); }

 private:
  struct Message {
    uint64_t size;
    Time due;   // when it was to be sent
    Time sent;  // when it was sent
  };

  std::optional<uint64_t> next_message() override;
  void sending() override;
  void echoed(size_t count) override;
  void refused(std::string_view what) override;
  void wants_to_send() override { wake(); }
  bool is_finished() const override { return is_over() && in_flight_.empty(); }

  Task<> open_and_drive();
  Task<> connect(ClientStream& stream);
  Task<> drive(ClientStream& stream);
  Task<> back_off(Duration delay);
  std::unique_ptr<EchoClient> make_client(ClientStream& stream);
  ClientOptions socket_options() const;
  const Endpoint& endpoint() const;
  void choose_first_endpoint();

  std::optional<uint64_t> next_of_idle();
  void go_on();
  bool may_begin() const;
  void take_from_quota();
  bool is_over() const;
  void note_first_attempt();
  void report_unconnected(const Endpoint& peer, const Error& error);
  void report(std::string_view kind, std::string what, bool unreachable = false);
  Result<void> judge(const Result<void>& received, const EchoClient& client);
  void count_left_over();

  Tester& tester_;
  const uint64_t number_;
  const Role role_;

  RingQueue<Message> in_flight_;  // oldest first
  size_t unstamped_ = 0;          // the newest of them, of which no byte has been sent yet
  uint64_t begun_ = 0;            // open loop: the next message of the schedule
  uint64_t due_end_ = 0;          // and the end of those that are due

  ClientStream* stream_ = nullptr;    // while it is being opened, and open
  ClientDriver* driver_ = nullptr;    // while it is open
  Operation* backing_off_ = nullptr;  // between two attempts to connect
  Event may_send_;                    // what wake() wakes while it is not open
  Time connect_start_;
  uint64_t attempts_ = 0;
  size_t first_endpoint_ = 0;   // tried first in this round
  size_t connects_failed_ = 0;  // in this round
  uint64_t begun_here_ = 0;     // messages sent since it was last connected
  uint64_t echoed_here_ = 0;    // and echoed
  bool completed_ = false;      // connect_each: its message was echoed
  bool timed_out_ = false;
  bool given_up_ = false;
  bool first_attempt_over_ = false;
  bool reserved_ = false;  // connect_each: it has taken a message from the quota
};

}  // namespace echod
