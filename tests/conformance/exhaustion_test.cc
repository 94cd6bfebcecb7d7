// A process that is out of descriptors: clients wait in the kernel's queue, the server neither
// spins nor floods its log, and goes on as soon as descriptors are free.
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

// While it exists this process may only have descriptors with numbers below `limit`, all of which
// are in use.
class DescriptorShortage {
 public:
  explicit DescriptorShortage(int limit) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lower = before_;
    lower.rlim_cur = static_cast<rlim_t>(limit);
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &lower), 0);
    while (true) {
      Fd filler(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!filler.valid()) break;
      fillers_.push_back(std::move(filler));
    }
  }
  DescriptorShortage(const DescriptorShortage&) = delete;
  DescriptorShortage& operator=(const DescriptorShortage&) = delete;
  ~DescriptorShortage() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
  std::vector<Fd> fillers_;
};

// The lowest number of a descriptor that is open now and not among those open `before`.
int lowest_new_descriptor(const std::vector<std::string>& before) {
  for (const std::string& descriptor : open_descriptors()) {
    if (std::ranges::find(before, descriptor) == before.end()) return std::stoi(descriptor);
  }
  ADD_FAILURE() << "no new descriptor";
  return 0;
}

// Of a process whose own work is to sleep: the processor time it uses within `length`, as a share.
double processor_share(Duration length) {
  auto used = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  };
  double before = used();
  std::this_thread::sleep_for(length);
  return (used() - before) / std::chrono::duration<double>(length).count();
}

// Idle servers take well under a thousandth, naive ones that spin 70 to 100 percent.
constexpr double kIdleShareMax = kSanitized ? 0.10 : 0.05;

class ExhaustionTest : public ServerTest {};
ECHOD_ON_EVERY_ENGINE(ExhaustionTest);

TEST_P(ExhaustionTest, OutOfDescriptorsClientsWait) {
  start();
  std::vector<Client> waiting(20);  // their descriptors, while there are some
  std::vector<std::string> before = open_descriptors();
  Client served = connect();
  expect_echo(served, "before\n");
  size_t lines = 0;
  Time recovery;
  {
    // Below both ends of the served connection, so that what it gives back cannot be used again.
    DescriptorShortage shortage(lowest_new_descriptor(before));
    for (Client& client : waiting) {
      ASSERT_TRUE(client.connect(endpoint()));
      client.send_all("waited\n");
      client.shut_down_sending();
    }
    if (!serves_several()) served.close();  // the sequential engine accepts only then
    ASSERT_TRUE(log.comes_to_say("Accepting paused: ")) << log.all();
    size_t lines_before = log.count("Accepting paused: ");
    EXPECT_LT(processor_share(1s), kIdleShareMax);
    lines = log.count("Accepting paused: ") - lines_before;
    if (serves_several()) expect_echo(served, "meanwhile\n");
    recovery = std::chrono::steady_clock::now();
  }
  EXPECT_LE(lines, 2u) << log.all();  // one a second
  for (Client& client : waiting) {
    EXPECT_EQ(client.receive_until_end(), "waited\n");
    client.close();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - recovery, kSanitized ? 10s : 2s);
}

TEST_P(ExhaustionTest, WaitingForClientsTakesNoProcessorTime) {
  start();
  std::vector<Client> clients = connect_many(serves_several() ? 10 : 1);
  expect_echo(clients.front(), "Hello, world!\n");
  EXPECT_LT(processor_share(500ms), kIdleShareMax);
}

// The beginning of a request is neither peeked at again and again nor polled for.
TEST_P(ExhaustionTest, AnUndecidedBeginningTakesNoProcessorTime) {
  start();
  std::vector<Client> clients = connect_many(serves_several() ? 10 : 1);
  for (Client& client : clients) client.send_all("POST /");
  EXPECT_LT(processor_share(500ms), kIdleShareMax);
}

TEST_P(ExhaustionTest, AClientThatHasFinishedButDoesNotReadTakesNoProcessorTime) {
  options.socket.buffer_size = 64 << 10;
  options.stall_timeout = 1h;
  start();
  Client client = connect({.from = {}, .receive_buffer = 16 << 10, .send_buffer = 16 << 10});
  size_t sent = client.send_until_blocked(16 << 20);
  client.shut_down_sending();
  EXPECT_LT(processor_share(500ms), kIdleShareMax);
  EXPECT_EQ(client.receive_pattern_and_end(sent), "");
}

}  // namespace
}  // namespace echod
