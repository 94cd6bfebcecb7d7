#include "conformance/server_fixture.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "conformance/client_side.h"

namespace echod {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

}  // namespace

ServerTest::ServerTest() {
  options.engine = GetParam();
  options.listen = {{Protocol::kAuto, "127.0.0.1", 0}};
  options.workers = has_event_loops() ? 2 : 0;
  options.log_receives = 2;
  pattern_from(0);  // made now, so that no test's clock pays for it
  descriptors_before_ = open_descriptors();
}

void ServerTest::TearDown() {
  if (rest_check != nullptr) rest_check->before_rest(server_.get());
  if (server_ && !comes_to_connections(0)) {
    not_at_rest(std::to_string(server_->connections()) + " connections left");
  }
  stop();
  if (!eventually([&] { return open_descriptors() == descriptors_before_; })) {
    not_at_rest("open before:" + joined(descriptors_before_) +
                "\nopen after:" + joined(open_descriptors()));
  }
}

void ServerTest::not_at_rest(const std::string& what) {
  ADD_FAILURE() << what;
  if (rest_check != nullptr) rest_check->not_at_rest(what);
}

void ServerTest::start() {
  std::expected<std::unique_ptr<Server>, std::string> started = [&] {
    ServerSideScope scope;
    return Server::start(options, log);
  }();
  if (!started) throw std::runtime_error(started.error());  // nothing of the test can be done
  server_ = std::move(*started);
  if (rest_check != nullptr) rest_check->started();
  ASSERT_EQ(server_->engine_kind(), GetParam());
}

Client ServerTest::connect(const Client::Options& client, size_t listener) {
  Client connected(client);
  EXPECT_TRUE(connected.connect(endpoint(listener)));
  return connected;
}

std::vector<Client> ServerTest::connect_many(size_t count, const Client::Options& client) {
  std::vector<Client> clients;
  for (size_t i = 0; i < count; ++i) clients.push_back(connect(client));
  return clients;
}

bool ServerTest::comes_to_connections(size_t count) {
  return eventually([&] { return server_->connections() == count; });
}

std::vector<std::string> open_descriptors() {
  std::vector<std::pair<int, std::string>> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the one of the directory itself, when the iterator is done with it
    std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    bool own = target.find("/proc/") == 0 && target.ends_with("/fd");
    if (!gone && !own) found.emplace_back(std::stoi(entry.path().filename()), target);
  }
  std::ranges::sort(found);
  std::vector<std::string> targets;
  for (auto& [number, target] : found) targets.push_back(std::to_string(number) + " " + target);
  return targets;
}

void expect_echo(Client& client, std::string_view text) {
  client.send_all(text);
  EXPECT_EQ(client.receive_exactly(text.size()), text);
}

std::string engine_name(const testing::TestParamInfo<EngineKind>& info) {
  return std::string(name_of(info.param));
}

}  // namespace echod
