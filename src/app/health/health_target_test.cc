// What `echod health` asks, by a URL or by the server's settings.
#include "app/health/health_target.h"

#include <gtest/gtest.h>

#include <string>

namespace echod {
namespace {

std::string asks(const std::expected<HealthTarget, std::string>& target) {
  if (!target) return "error";
  const std::string where = target->unix_path.empty()
                                ? target->host + " " + std::to_string(target->port)
                                : target->unix_path;
  const std::string path = target->protocol == Protocol::kHttp1 ? target->path : "raw";
  return target->url + " | " + where + " " + path;
}

TEST(HealthTargetTest, Urls) {
  const std::pair<const char*, const char*> rows[] = {
      {"http://127.0.0.1:9090/readyz", "http://127.0.0.1:9090/readyz | 127.0.0.1 9090 /readyz"},
      {"http://h", "http://h:80/healthz | h 80 /healthz"},
      {"8080", "http://127.0.0.1:8080/healthz | 127.0.0.1 8080 /healthz"},
      {"localhost:8080/livez?x", "http://localhost:8080/livez?x | localhost 8080 /livez?x"},
      {"[::1]:8080", "http://[::1]:8080/healthz | ::1 8080 /healthz"},
      {"tcp://127.0.0.1:7", "tcp://127.0.0.1:7 | 127.0.0.1 7 raw"},
      {"unix:/run/x", "unix:/run/x | /run/x /healthz"},
      {"unix:///run/x", "unix:/run/x | /run/x /healthz"},
      {"ws://h/", "error"},
      {"tcp://h", "error"},
      {"unix:x", "error"},
      {"0", "error"},
      {"99999", "error"},
  };
  for (const auto& [url, expected] : rows)
    EXPECT_EQ(asks(parse_health_target(url)), expected) << url;
}

ServeOptions listening_on(std::initializer_list<const char*> urls) {
  ServeOptions options;
  options.listen.clear();
  for (const char* url : urls) options.listen.push_back(parse_listen_url(url).value());
  return options;
}

TEST(HealthTargetTest, Settings) {
  EXPECT_EQ(asks(health_target_of({}, false)),
            "http://127.0.0.1:8080/healthz | 127.0.0.1 8080 /healthz");
  EXPECT_EQ(asks(health_target_of(listening_on({"tcp://:7", "http://*:81"}), false)),
            "http://127.0.0.1:81/healthz | 127.0.0.1 81 /healthz");
  EXPECT_EQ(asks(health_target_of(listening_on({"tcp://[::]:7"}), false)),
            "tcp://[::1]:7 | ::1 7 raw");
  EXPECT_EQ(asks(health_target_of(listening_on({"127.0.0.1:0"}), false)), "error");
  EXPECT_EQ(asks(health_target_of({}, true)), "error");
  ServeOptions options;
  options.admin.listen = {parse_admin_address("0.0.0.0:9090").value()};
  EXPECT_EQ(asks(health_target_of(options, false)),
            "http://127.0.0.1:9090/healthz | 127.0.0.1 9090 /healthz");
  options.admin.listen = {parse_admin_address("unix:/run/x").value()};
  EXPECT_EQ(asks(health_target_of(options, true)), "unix:/run/x | /run/x /healthz");
}

TEST(AdminAddressTest, Forms) {
  EXPECT_EQ(parse_admin_address("9090").value().to_string(), "127.0.0.1:9090");
  EXPECT_EQ(parse_admin_address("[::1]:9090").value().to_string(), "[::1]:9090");
  EXPECT_EQ(parse_admin_address(":9090").value().to_string(), "*:9090");
  EXPECT_EQ(parse_admin_address("unix:/a").value().to_string(), "unix:/a");
  for (const std::string& text : {std::string(""), std::string("127.0.0.1"), std::string("[::1]"),
                                  std::string("http://127.0.0.1:1"), std::string("unix:a"),
                                  std::string("/a"), "unix:/" + std::string(107, 'x')}) {
    EXPECT_FALSE(parse_admin_address(text)) << text;
  }
}

}  // namespace
}  // namespace echod
