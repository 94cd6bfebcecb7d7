// One of the load tester's connections, from its first connect to the end of the run: sends what
// the closed loop's window or the open loop's schedule allows, counts what comes back, and is
// opened again when it fails. Nothing that happens to it ends the run.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/bench/load/tester.h"
#include "base/ring_queue.h"
#include "base/task.h"
#include "protocol/echo_client.h"
#include "stream/socket_stream.h"

namespace echod {

class BenchConnection final : private EchoTraffic {
 public:
  enum class Role : uint8_t {
    kActive,
    kIdle,  // holds still until Tester::checking_idle, then echoes one message; not opened again
  };

  // `number` is the connection's among those of its role in the whole run.
  BenchConnection(Tester& tester, uint64_t number, Role role)
      : tester_(tester), number_(number), role_(role) {}
  BenchConnection(const BenchConnection&) = delete;
  BenchConnection& operator=(const BenchConnection&) = delete;
  ~BenchConnection() { ECHOD_CHECK(!sleeper_); }

  // Its whole life; ends when there is nothing more to send and all is back, or the loop aborts.
  Task<> run();

  // Open loop: messages of its schedule up to and excluding `end` are due. wake() follows.
  void set_due(uint64_t end) { due_end_ = end; }
  uint64_t due_end() const { return due_end_; }

  // Open loop: the schedule begins for it with message `first`.
  void set_first_due(uint64_t first) { begun_ = due_end_ = first; }

  // Looks again at what may be sent now.
  void wake();

  // The same, for what has become due: notes how late, where nothing but this thread was the cause.
  void fire();

  // Ends it as soon as possible: what is under way is left unanswered.
  void give_up();

  // Gives the connection up when its oldest message waits for longer than the timeout.
  void check_age(Time now);

  // Whether messages are under way, or the connection is being opened for one.
  bool busy() const { return !under_way_.empty(); }

 private:
  struct Message {
    uint64_t size;
    Time due;   // when it was meant to be sent
    Time sent;  // when it was
  };

  // Suspends until wake().
  struct Sleep {
    std::coroutine_handle<>& place;
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      ECHOD_CHECK(!place);
      place = waiter;
    }
    void await_resume() noexcept {}
  };

  std::optional<uint64_t> next_message() override;
  void sending() override;
  void echoed(size_t count) override;
  void refused(std::string_view what) override;
  void wants_to_send() override { wake(); }

  Task<> open_and_drive();
  Task<> use(SocketStream& stream, Session& session);
  Task<> connect(SocketStream& stream);
  Task<> drive(SocketStream& stream, EchoClient& client);
  Task<> send_all(Stream& stream, EchoClient& client);
  Task<> rest(Duration pause);
  std::unique_ptr<EchoClient> make_client(Stream& stream, BufferPool& buffers);
  Result<Fd> make_socket();
  const Endpoint& endpoint() const;
  void choose_first_endpoint();

  std::optional<uint64_t> next_of_idle();
  void go_on();
  bool may_begin() const;
  void take_from_quota();
  bool is_over() const;
  void note_first_attempt();
  void report_unconnected(const std::string& what, const Error& error);
  void report(std::string_view kind, const std::string& what);
  Result<void> judge(const Result<void>& received, const EchoClient& client);
  void count_left_over();

  Tester& tester_;
  const uint64_t number_;
  const Role role_;

  RingQueue<Message> under_way_;  // oldest first
  size_t unstamped_ = 0;          // of them, at the end: their bytes have not gone out yet
  uint64_t begun_ = 0;            // open loop: messages of the schedule begun
  uint64_t due_end_ = 0;          // and due

  SocketStream* stream_ = nullptr;   // while it is being opened, and open
  Operation* resting_ = nullptr;     // between two attempts
  std::coroutine_handle<> sleeper_;  // what wake() resumes
  Time connect_start_;
  uint64_t attempts_ = 0;
  size_t first_endpoint_ = 0;   // of those tried in turn
  size_t connects_failed_ = 0;  // in this turn
  uint64_t begun_here_ = 0;     // messages begun on the connection as it is now
  uint64_t echoed_here_ = 0;    // and come back
  bool ended_ = false;          // nothing more is received on it
  bool completed_ = false;      // it did all it was opened for
  bool timed_out_ = false;
  bool given_up_ = false;
  bool first_attempt_over_ = false;
  bool reserved_ = false;  // connect_each: a message of the quota is this connection's to begin
};

}  // namespace echod
