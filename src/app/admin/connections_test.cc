// The list of open connections, and the registry that it comes from.
#include "app/admin/connections.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <deque>
#include <thread>

#include <nlohmann/json.hpp>

#include "app/admin/admin_test_util.h"
#include "engine/epoll/epoll_loop.h"
#include "net/socket_test_util.h"
#include "protocol/protocol.h"

namespace echod {
namespace {

using nlohmann::json;
using Closing = ConnectionRegistry::Closing;

constexpr StreamTimeouts kNoTimeouts;

// A connection as the server composes it.
class OpenConnection {
 public:
  OpenConnection(ConnectionRegistry& registry, EventLoop& loop, Timer& clock, uint64_t number)
      : pair_(tcp_pair(SocketOptions{})),
        peer_(Endpoint::local_of(pair_.far.get())),
        session_{.clock = clock, .buffers = loop.buffers()},
        stream_(loop, std::move(pair_.near), session_, kNoTimeouts),
        transport_(stream_, peer_, number),
        entry_(registry, session_, transport_, 0) {}

  Session& session() { return session_; }
  const Endpoint& peer() const { return peer_; }
  bool was_closed() const { return entry_.was_closed(); }
  int client() const { return pair_.far.get(); }

 private:
  SocketPair pair_;
  Endpoint peer_;
  Session session_;
  SocketStream stream_;
  SocketTransport transport_;
  ConnectionRegistry::Entry entry_;
};

class ConnectionsTest : public testing::Test {
 protected:
  ConnectionsTest() : loop_(std::move(EpollLoop::create(BufferPool::Options{}).value())) {}

  OpenConnection& open(uint64_t number) {
    return open_.emplace_back(admin_.connections, *loop_, admin_.clock(), number);
  }

  json list(std::string_view query) {
    const http::TestResponse response = admin_.get("/api/v1/connections" + std::string(query));
    EXPECT_EQ(response.status, 200) << query << response.body;
    return json::parse(response.body);
  }

  std::vector<uint64_t> numbers(std::string_view query) {
    std::vector<uint64_t> numbers;
    const json all = list(query);
    for (const json& row : all["connections"]) numbers.push_back(row["id"]);
    return numbers;
  }

  using Numbers = std::vector<uint64_t>;

  std::unique_ptr<EventLoop> loop_;
  MemoryAdmin admin_;
  std::deque<OpenConnection> open_;
};

TEST_F(ConnectionsTest, EachIsDescribed) {
  OpenConnection& connection = open(5);
  connection.session().protocol = Protocol::kHttp1;
  connection.session().bytes_received = 100;
  connection.session().bytes_sent = 200;
  connection.session().requests = 3;
  admin_.clock().advance(std::chrono::seconds(3));
  const json all = list("");
  EXPECT_EQ(all["open"], 1);
  EXPECT_EQ(all["matching"], 1);
  const json row = all["connections"][0];
  EXPECT_EQ(row["id"], 5);
  EXPECT_EQ(row["peer"], connection.peer().to_string());
  EXPECT_EQ(row["listener"], "tcp://127.0.0.1:7");
  EXPECT_EQ(row["protocol"], "http/1");
  EXPECT_EQ(row["age_seconds"], 3.0);
  EXPECT_EQ(row["bytes_per_second"], 100.0);
  EXPECT_EQ(row["bytes_received"], 100);
  EXPECT_EQ(row["bytes_sent"], 200);
  EXPECT_EQ(row["requests"], 3);
  EXPECT_EQ(row["state"], "established");
  EXPECT_TRUE(row["rtt_us"].is_number());
  EXPECT_EQ(json::parse(admin_.get("/api/v1/connections/5").body)["peer"], row["peer"]);
  EXPECT_EQ(admin_.get("/api/v1/connections/6").status, 404);
  EXPECT_EQ(admin_.get("/api/v1/connections/x").status, 404);
}

TEST_F(ConnectionsTest, TheyAreFilteredAndSorted) {
  for (const uint64_t number : std::initializer_list<uint64_t>{3, 1, 2, 70})
    open(number).session().protocol = Protocol::kRaw;
  open_[0].session().bytes_sent = 10;
  open_[1].session().bytes_received = 1000;
  open_[2].session().requests = 7;
  open_[2].session().protocol = Protocol::kHttp1;
  EXPECT_EQ(numbers(""), (Numbers{1, 2, 3, 70}));
  EXPECT_EQ(numbers("?sort=bytes"), (Numbers{1, 3, 2, 70}));
  EXPECT_EQ(numbers("?sort=bytes&limit=1"), Numbers{1});
  EXPECT_EQ(numbers("?sort=requests&limit=2"), (Numbers{2, 1}));
  EXPECT_EQ(numbers("?limit=3"), (Numbers{1, 2, 3}));
  EXPECT_EQ(list("?limit=1")["matching"], 4);
  EXPECT_EQ(numbers("?protocol=http/1"), Numbers{2});
  EXPECT_EQ(numbers("?protocol=tcp"), (Numbers{1, 3, 70}));
  EXPECT_EQ(numbers("?protocol=websocket"), Numbers{});
  const std::string peer = open_[0].peer().to_string();
  const std::string host(host_of(peer));
  EXPECT_EQ(numbers("?peer=" + host), (Numbers{1, 2, 3, 70}));
  EXPECT_EQ(numbers("?peer=" + host.substr(0, host.size() - 1)), Numbers{});
  EXPECT_EQ(numbers("?peer=" + open_[3].peer().to_string()), Numbers{70});
  admin_.clock().advance(std::chrono::seconds(10));
  open(71).session().bytes_sent = 30;
  EXPECT_EQ(numbers("?min_age=10s"), (Numbers{1, 2, 3, 70}));
  EXPECT_EQ(numbers("?min_age=11s"), Numbers{});
  EXPECT_EQ(list("?min_age=11s")["open"], 5);
  admin_.clock().advance(std::chrono::seconds(10));
  EXPECT_EQ(numbers("?sort=age&limit=2"), (Numbers{1, 2}));
  EXPECT_EQ(numbers("?sort=rate&limit=3"), (Numbers{1, 71, 3}));
}

TEST_F(ConnectionsTest, WrongParametersAreRefused) {
  for (const char* query : {"?limit=0", "?limit=1001", "?limit=x", "?sort=size", "?protocol=smtp",
                            "?min_age=long", "?colour=red", "?limit"}) {
    EXPECT_EQ(admin_.get("/api/v1/connections" + std::string(query)).status, 400) << query;
  }
}

TEST_F(ConnectionsTest, OneIsClosed) {
  open(1);
  open(2);
  const http::TestResponse response = admin_.send("DELETE", "/api/v1/connections/2");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"closed\":2}\n");
  EXPECT_FALSE(open_[0].was_closed());
  EXPECT_TRUE(open_[1].was_closed());
  pollfd ended{.fd = open_[1].client(), .events = POLLRDHUP, .revents = 0};
  EXPECT_EQ(::poll(&ended, 1, 10'000), 1);
  EXPECT_EQ(admin_.send("DELETE", "/api/v1/connections/3").status, 404);
  open_.pop_back();
  EXPECT_EQ(admin_.send("DELETE", "/api/v1/connections/2").status, 404);
}

// Connections come and go on two threads while two others list and close them. For ThreadSanitizer,
// and for the bookmarks, which must neither lose an entry nor stay behind.
TEST_F(ConnectionsTest, ListsWhileConnectionsComeAndGo) {
  constexpr uint64_t kStaying = 3 * ConnectionRegistry::kStepMax;
  ConnectionRegistry& registry = admin_.connections;
  // Numbers of one list, so that a reader has to let go of its lock.
  for (uint64_t i = 0; i < kStaying; ++i) open((i / 64) * 64 * 32 + i % 64);
  std::atomic<bool> over{false};
  const auto come_and_go = [&](uint64_t number) {
    const auto loop = std::move(EpollLoop::create(BufferPool::Options{}).value());
    for (int i = 0; i < 300; ++i) {
      OpenConnection connection(registry, *loop, *loop, number);
      for (int message = 0; message < 10; ++message) {
        connection.session().count_received(1);
        connection.session().requests.add(1);
      }
    }
  };
  const auto look = [&] {
    while (!over) {
      size_t seen = 0;
      registry.visit([&](const ConnectionRegistry::Facts& facts) {
        seen += facts.bytes_received <= 10 ? 1 : 0;
      });
      EXPECT_GE(seen, kStaying);
      EXPECT_LE(seen, kStaying + 2);
      registry.close(1'000'000);
    }
  };
  std::thread first_reader(look);
  std::thread second_reader(look);
  std::thread first(come_and_go, 1'000'000);
  std::thread second(come_and_go, 1'000'001);
  first.join();
  second.join();
  over = true;
  first_reader.join();
  second_reader.join();
  EXPECT_EQ(list("?limit=1")["open"], kStaying);
}

}  // namespace
}  // namespace echod
