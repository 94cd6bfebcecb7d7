// The admin interface's endpoints, over no version of HTTP.
#include "app/admin/endpoints.h"

#include <gtest/gtest.h>

#include <string>

#include <nlohmann/json.hpp>

#include "app/admin/admin_test_util.h"
#include "app/log/redaction.h"

namespace echod {
namespace {

using http::TestResponse;
using nlohmann::json;

TEST(AdminTest, ReadinessEndsWithTheShutdownAndLivenessDoesNot) {
  MemoryAdmin admin;
  for (const char* path : {"/livez", "/readyz", "/healthz"}) {
    const TestResponse response = admin.get(path);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.body, "ok\n") << path;
    EXPECT_EQ(response.field("Cache-Control"), "no-store") << path;
  }
  admin.readiness.stop();
  EXPECT_EQ(admin.get("/readyz").status, 503);
  EXPECT_EQ(admin.get("/readyz?verbose").status, 503) << "the kubelet may add a query";
  EXPECT_EQ(admin.get("/readyz").body, "stopping\n");
  EXPECT_EQ(admin.get("/livez").status, 200);
  EXPECT_EQ(admin.get("/healthz").status, 200);
}

TEST(AdminTest, TheIndexListsWhatThereIs) {
  MemoryAdmin admin;
  const json index = json::parse(admin.get("/").body);
  ASSERT_EQ(index["paths"].size(), admin_routes().size());
  for (const json& path : index["paths"]) {
    const std::string name = path["path"];
    if (name == "/api/v1/connections/") continue;                  // needs an argument
    if (name == "/metrics" || name == "/api/v1/limits") continue;  // need a server
    EXPECT_EQ(admin.get(name).status, 200) << path;
  }
}

TEST(AdminTest, MethodsAndPathsAreChecked) {
  MemoryAdmin admin;
  const TestResponse head = admin.send("HEAD", "/readyz");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.size, 3u);
  const TestResponse post = admin.ask(http::post("/livez", "body"));
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post.field("Allow"), "GET, HEAD");
  EXPECT_EQ(admin.send("OPTIONS", "/api/v1/connections/1").field("Allow"), "GET, HEAD, DELETE");
  EXPECT_EQ(admin.send("GE", "/livez").status, 405);
  EXPECT_EQ(admin.send("GET, HEAD", "/livez").status, 405);
  for (const char* path : {"/nothing", "/livez/", "/livezz", "/Livez", "/api",
                           "/api/v1/connections/", "/..//livez", "/%6civez"}) {
    EXPECT_EQ(admin.get(path).status, 404) << path;
  }
}

TEST(AdminTest, OtherSitesAreRefusedEverywhere) {
  MemoryAdmin admin;
  for (const AdminRoute& route : admin_routes()) {
    EXPECT_EQ(admin.get(route.path, {{"Host", "evil.example"}}).status, 403) << route.path;
    EXPECT_EQ(admin.get(route.path, {{"Origin", "http://evil.example"}}).status, 403);
  }
  EXPECT_EQ(admin.get("/nothing", {{"Host", "evil.example"}}).status, 403);
  admin.hosts = {"echod.internal"};
  EXPECT_EQ(admin.get("/livez", {{"Host", "echod.internal:9090"}}).status, 200);
  admin.is_unix = true;
  EXPECT_EQ(admin.get("/livez", {{"Host", "anything"}}).status, 200);
}

TEST(AdminTest, OthersReachOnlyWhatProbesAndScrapersNeed) {
  MemoryAdmin admin;
  admin.is_local = false;
  const json index = json::parse(admin.get("/").body);
  for (const AdminRoute& route : admin_routes()) {
    const bool is_listed = std::ranges::any_of(
        index["paths"], [&](const json& path) { return path["path"] == route.path; });
    EXPECT_EQ(is_listed, route.reach == Reach::kRemote) << route.path;
  }
  EXPECT_EQ(admin.get("/readyz").status, 200);
  for (const char* path : {"/config", "/api/v1/connections", "/api/v1/connections/1"}) {
    EXPECT_EQ(admin.get(path).status, 403) << path;
    EXPECT_EQ(admin.send("DELETE", path).status, 403) << path;
  }
}

TEST(AdminTest, TheConfigurationIsShownWithoutSecrets) {
  MemoryAdmin admin(
      {{.name = "workers",
        .values = {"2"},
        .origin = Origin::kCommandLine,
        .place = "--workers",
        .default_note = {}},
       {.name = "seed", .values = {}, .place = {}, .default_note = "a new one at each start"},
       {.name = "answer-header",
        .values = {"X-Test: 1", "Authorization: Bearer abc"},
        .origin = Origin::kFile,
        .place = "echod.toml:3: answer-header",
        .default_note = {},
        .is_list = true}});
  const json config = json::parse(admin.get("/config").body);
  EXPECT_EQ(config["workers"],
            json({{"value", "2"}, {"origin", "command line"}, {"place", "--workers"}}));
  EXPECT_EQ(config["seed"]["value"], nullptr);
  EXPECT_EQ(config["seed"]["default"], "a new one at each start");
  EXPECT_EQ(config["answer-header"]["value"], json({"X-Test: 1", "Authorization:REDACTED"}));
}

TEST(AdminTest, ValuesAreRedacted) {
  const std::pair<const char*, const char*> rows[] = {
      {"Authorization: Bearer abc", "Authorization:REDACTED"},
      {"Cookie=a=b", "Cookie=REDACTED"},
      {"set-cookie: a=b; Path=/", "set-cookie:REDACTED"},
      {"/v1 X-Api-Key: abc", "/v1 X-Api-Key:REDACTED"},
      {"/v1 X-Api-Key : abc", "/v1 X-Api-Key :REDACTED"},
      {"http://user:pass@host/?token=abc&x=1", "http://REDACTED@host/?token=REDACTED&x=1"},
      {"X-Test: abc", "X-Test: abc"},
      {"auto://127.0.0.1:8080", "auto://127.0.0.1:8080"},
      {"", ""},
  };
  for (const auto& [value, shown] : rows) EXPECT_EQ(redacted_value("listen", value), shown);
  EXPECT_EQ(redacted_value("api-token", "abc"), "REDACTED");
}

}  // namespace
}  // namespace echod
