// What the operator lays down for all responses: the defaults and who has precedence, paths,
// cross-origin access, the base path, and what --unsafe-answers permits.
#include "http/answer_policy.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "http/endpoints/page.h"
#include "http/endpoints/routes.h"
#include "http/memory_exchange_test_util.h"

namespace echod::http {
namespace {

using namespace std::chrono_literals;

RequestedField field(std::string_view text) { return *any_field(text); }

class PolicyServer : public MemoryServer {
 public:
  explicit PolicyServer(AnswerPolicy policy, ControlSettings control = {})
      : MemoryServer(echo_router()) {
    policy.finish();
    settings.control = std::move(control);
    settings.policy = std::make_shared<const AnswerPolicy>(std::move(policy));
  }
};

// The response to `request`, and how long it took.
std::pair<TestResponse, Duration> timed(PolicyServer& server, const TestRequest& request) {
  const Time begin = server.clock.now();
  TestResponse response = server.ask(request);
  return {std::move(response), server.clock.now() - begin};
}

AnswerDefaults all_defaults() {
  AnswerDefaults defaults;
  defaults.status = read_default_status("503").value();
  defaults.delay = read_default_delay("2s").value();
  defaults.close = read_default_chance("100%").value();
  defaults.gzip = read_default_chance("true").value();
  defaults.fields = {field("X-Test-Env: a, b"), field("Content-Type: text/html")};
  defaults.body = "hello\n";
  return defaults;
}

TEST(AnswerPolicyTest, EachDefaultApplies) {
  PolicyServer server({.defaults = all_defaults()});
  const auto [response, took] = timed(server, post("/any", "body"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(took, 2s);
  EXPECT_TRUE(response.closes);
  EXPECT_EQ(response.body, "hello\n");
  EXPECT_EQ(response.field("X-Test-Env"), "a, b");
  EXPECT_EQ(response.field("Content-Type"), "text/html");
  EXPECT_EQ(response.field("Content-Security-Policy"), kSandboxPolicy);
  EXPECT_EQ(response.field("Cache-Control"), "no-store");
  EXPECT_EQ(response.field("X-Echo-Draw"), "(none)");
  EXPECT_EQ(server.ask(get("/", {{"Accept-Encoding", "gzip"}})).field("Content-Encoding"), "gzip");
}

TEST(AnswerPolicyTest, SizeStandsBeforeBody) {
  AnswerDefaults defaults;
  defaults.size = read_default_size("3").value();
  defaults.body = "hello";
  EXPECT_EQ(PolicyServer({.defaults = defaults}).ask(post("/", "x")).body.size(), 3u);
}

TEST(AnswerPolicyTest, EndpointsKeepTheirBody) {
  AnswerDefaults defaults;
  defaults.size = read_default_size("3").value();
  defaults.body = "hello";
  PolicyServer server({.defaults = defaults});
  EXPECT_EQ(server.ask(get("/bytes/7")).body.size(), 7u);
  EXPECT_EQ(server.ask(get("/status/404")).status, 404);
}

TEST(AnswerPolicyTest, ClientsOverride) {
  PolicyServer server({.defaults = all_defaults()});
  const auto [response, took] =
      timed(server, post("/?status=201&delay=0&size=2&close=false&header=x-test-env:mine", "body",
                         {{"X-Echo-Header", "not counted beside the query"}}));
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(took, 0s);
  EXPECT_FALSE(response.closes);
  EXPECT_EQ(response.body.size(), 2u);
  EXPECT_EQ(response.field("X-Test-Env"), "mine");
  // A malformed value is still told, and not in the operator's way.
  const TestResponse declined = server.ask(get("/?status=99"));
  EXPECT_EQ(declined.status, 400);
  EXPECT_EQ(declined.field("X-Test-Env"), "(none)");
}

TEST(AnswerPolicyTest, ClientsMayNotOverride) {
  AnswerDefaults defaults;
  defaults.status = read_default_status("503").value();
  defaults.body = "hello";
  defaults.fields = {field("X-Test: 1")};
  PolicyServer server({.defaults = defaults, .clients_override = false});
  const auto [response, took] =
      timed(server, get("/?status=200&size=3&delay=1s&header=X-Test:2&header=X-Test-B:3"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "hello") << "a size would replace it";
  EXPECT_EQ(response.field("X-Test"), "1");
  EXPECT_EQ(response.field("X-Test-B"), "3") << "what has no default, clients choose";
  EXPECT_EQ(took, 1s);
  EXPECT_EQ(server.ask(get("/?status=nonsense")).status, 503) << "not even read";
}

TEST(AnswerPolicyTest, DefaultsApplyWithoutResponseControl) {
  AnswerDefaults defaults;
  defaults.status = read_default_status("503").value();
  PolicyServer server({.defaults = defaults}, {.enabled = false});
  EXPECT_EQ(server.ask(get("/?status=200&size=3")).status, 503);
  EXPECT_NE(server.ask(get("/?size=3")).body.size(), 3u);
}

TEST(AnswerPolicyTest, ChanceIsThatOfTheSeed) {
  AnswerDefaults defaults;
  defaults.status = read_default_status("503:20,404:10.5").value();
  defaults.close = read_default_chance("5%").value();
  std::map<int, int> counts;
  int closed = 0;
  PolicyServer server({.defaults = defaults});
  PolicyServer asked({});
  constexpr int kRequests = 4000;
  for (int i = 0; i < kRequests; ++i) {
    const TestResponse response = server.ask(post("/", "x"));
    ++counts[response.status];
    closed += response.closes ? 1 : 0;
    EXPECT_EQ(response.field("X-Echo-Draw"), std::to_string(i + 1));
    EXPECT_EQ(response.field("Cache-Control"), "no-store");
    // A client that asks for the same gets the same.
    const TestResponse same = asked.ask(post("/?status=503:20,404:10.5&close=5%25", "x"));
    ASSERT_EQ(same.status, response.status);
    ASSERT_EQ(same.closes, response.closes);
  }
  EXPECT_NEAR(counts[503], kRequests * 0.2, 120);
  EXPECT_NEAR(counts[404], kRequests * 0.105, 100);
  EXPECT_EQ(counts[200] + counts[503] + counts[404], kRequests);
  EXPECT_NEAR(closed, kRequests * 0.05, 70);
}

TEST(AnswerPolicyTest, DefaultDelaysNeedNoPermit) {
  AnswerDefaults defaults;
  defaults.delay = read_default_delay("1h").value();
  PolicyServer server({.defaults = defaults}, {.waiting_max = 0});
  const auto [response, took] = timed(server, get("/"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(took, 1h) << "nor are they bounded by --max-duration";
  EXPECT_EQ(server.ask(get("/?delay=1ms")).status, 503) << "those that clients ask for do";
}

TEST(AnswerPolicyTest, HealthChecksHaveNoDefaults) {
  PolicyServer server({.defaults = all_defaults(), .base_path = "/echo"});
  for (const char* path : {"/healthz", "/echo/healthz", "/echo/livez", "/echo/readyz"}) {
    const auto [response, took] = timed(server, get(path));
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(took, 0s);
    EXPECT_EQ(response.field("X-Test-Env"), "(none)");
  }
  EXPECT_EQ(server.ask(get("/echo/healthz/")).status, 503);
}

TEST(AnswerPolicyTest, TheLongestPathCountsAndInherits) {
  AnswerDefaults all;
  all.status = read_default_status("500").value();
  all.body = "all";
  AnswerDefaults slow;
  slow.delay = read_default_delay("1s").value();
  AnswerDefaults slow_ok;
  slow_ok.status = read_default_status("").value();
  slow_ok.body = "ok";
  PolicyServer server({.defaults = all, .paths = {{"/slow/", slow}, {"/slow/ok", slow_ok}}});
  const auto expect = [&](std::string_view path, int status, Duration delay,
                          std::string_view body) {
    const auto [response, took] = timed(server, get(path));
    EXPECT_EQ(response.status, status) << path;
    EXPECT_EQ(took, delay) << path;
    EXPECT_EQ(response.body, body) << path;
  };
  expect("/", 500, 0s, "all");
  expect("/slow", 500, 1s, "all");
  expect("/slow/x?a=1", 500, 1s, "all");
  expect("http://h/slow/x", 500, 1s, "all");
  expect("/slower", 500, 0s, "all");
  expect("/slow/ok", 200, 0s, "ok");  // from the server, not from /slow
  expect("/slow/ok/x", 200, 0s, "ok");
}

TEST(AnswerPolicyTest, AnOperatorsCacheControlReplacesTheServers) {
  AnswerDefaults defaults;
  defaults.fields = {field("cache-control: max-age=60")};
  PolicyServer server({.defaults = defaults});
  EXPECT_EQ(server.ask(get("/")).field("Cache-Control"), "max-age=60");
}

TEST(AnswerPolicyTest, NothingIsSet) {
  AnswerPolicy policy;
  policy.defaults.status = read_default_status("").value();
  policy.paths.push_back({"/a", {}});
  policy.finish();
  EXPECT_FALSE(policy.any());
  EXPECT_EQ(policy.defaults_of("/a"), nullptr);
  EXPECT_EQ(policy.served_path("/a"), "/a");
}

TEST(AnswerPolicyTest, Mistakes) {
  EXPECT_EQ(read_default_status("99").error(), "'99': expected a status from 200 to 599");
  EXPECT_EQ(read_default_status(",").error(), "',': expected a status from 200 to 599");
  EXPECT_EQ(read_default_delay("1ms:x").error(), "'1ms:x': expected a percentage from 0 to 100");
  EXPECT_EQ(read_default_delay("25h").error(), "'25h': limit is 86400 s");
  EXPECT_EQ(read_default_size("64k").error(), "'64k': expected a number of bytes");
  EXPECT_EQ(read_default_chance("-1").error(), "'-1': expected true, false or a percentage");
  EXPECT_EQ(any_field("Connection: close").error(),
            "header: Connection is reserved for the server and cannot be set");
}

// --- The base path ------------------------------------------------------------------------------

TEST(BasePathTest, ServesBelowItAlone) {
  PolicyServer server({.base_path = "/echo/"});
  EXPECT_EQ(server.ask(post("/echo/a", "x")).body, "x");
  EXPECT_EQ(server.ask(post("/echo", "x")).body, "x");
  EXPECT_EQ(server.ask(get("/echo/status/418")).status, 418);
  EXPECT_EQ(server.ask({.method = "OPTIONS", .target = "*"}).status, 200);
  EXPECT_TRUE(server.ask(get("/echo/reflect")).body.contains("/echo/reflect")) << "as it was sent";
  for (const char* path : {"/", "/echoes", "/status/418", "/Echo", "/healthzz"}) {
    const TestResponse response = server.ask(post(path, "x"));
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body,
              "nothing is served at this path; the server answers below /echo (--base-path)\n");
  }
  EXPECT_EQ(server.ask(get("/status/418?status=200")).status, 404) << "not for clients to choose";
}

TEST(BasePathTest, ThePageIsAtItsRoot) {
  PolicyServer server({.base_path = "/echo"});
  const TestFields html = {{"Accept", "text/html"}};
  EXPECT_EQ(server.ask(get("/echo/", html)).body, http_page());
  const TestResponse redirect = server.ask(get("/echo", html));
  EXPECT_EQ(redirect.status, 307);
  EXPECT_EQ(redirect.field("Location"), "/echo/") << "as the page's links are relative";
  EXPECT_NE(server.ask(get("/echo/a", html)).body, http_page());
}

// --- Cross-origin access ------------------------------------------------------------------------

const TestFields kPreflight = {{"Origin", "https://a.example"},
                               {"Access-Control-Request-Method", "PUT"},
                               {"Access-Control-Request-Headers", "x-a,authorization, (bad)"}};

TEST(CorsTest, AnyOriginWithoutCredentials) {
  AnswerPolicy policy{.defaults = all_defaults()};
  policy.cors.allow_any();
  PolicyServer server(policy);
  const auto [preflight, took] =
      timed(server, {.method = "OPTIONS", .target = "/?status=500&delay=1s", .fields = kPreflight});
  EXPECT_EQ(preflight.status, 204) << "neither a default nor the client's choice";
  EXPECT_EQ(took, 0s);
  EXPECT_EQ(preflight.field("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(preflight.field("Access-Control-Allow-Methods"), "PUT");
  EXPECT_EQ(preflight.field("Access-Control-Allow-Headers"), "x-a, authorization");
  EXPECT_EQ(preflight.field("Access-Control-Allow-Credentials"), "(none)");
  EXPECT_EQ(preflight.field("Vary"), "(none)");
  const TestResponse response = server.ask(get("/status/404"));
  EXPECT_EQ(response.field("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(response.field("Access-Control-Expose-Headers"), "*");
  EXPECT_EQ(server.ask(get("/?status=99")).field("Access-Control-Allow-Origin"), "*") << "errors";
}

TEST(CorsTest, ListedOriginsWithCredentials) {
  AnswerPolicy policy;
  policy.cors.allow("https://a.example");
  policy.cors.allow("http://localhost:3000");
  PolicyServer server(policy);
  const TestResponse preflight = server.ask({.method = "OPTIONS", .fields = kPreflight});
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.field("Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(preflight.field("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(preflight.field("Vary"), "Origin");
  const TestResponse response =
      server.ask(get("/x?header=X-Test:1", {{"Origin", "http://localhost:3000"}}));
  EXPECT_EQ(response.field("Access-Control-Allow-Origin"), "http://localhost:3000");
  EXPECT_EQ(response.field("Vary"), "Accept, Accept-Encoding, Origin");
  EXPECT_TRUE(response.field("Access-Control-Expose-Headers").contains(", X-Test"));
}

TEST(CorsTest, OtherOriginsGetNothing) {
  AnswerPolicy policy;
  policy.cors.allow("https://a.example");
  PolicyServer server(policy);
  for (const char* origin : {"https://b.example", "https://a.example.b", "null", "*", ""}) {
    const TestResponse response = server.ask(post("/", "x", {{"Origin", origin}}));
    EXPECT_EQ(response.field("Access-Control-Allow-Origin"), "(none)") << origin;
    EXPECT_EQ(response.field("Access-Control-Expose-Headers"), "(none)");
    EXPECT_EQ(response.field("Vary"), "Origin");
  }
  TestFields other = kPreflight;
  other[0].second = "https://b.example";
  const TestResponse preflight = server.ask({.method = "OPTIONS", .fields = other});
  EXPECT_EQ(preflight.status, 200) << "an OPTIONS request like any other";
  EXPECT_EQ(preflight.field("Access-Control-Allow-Methods"), "(none)");
}

TEST(CorsTest, AnExplicitFieldIsKeptAlone) {
  AnswerPolicy policy;
  policy.defaults.fields = {field("access-control-allow-origin: https://b.example")};
  policy.cors.allow_any();
  const TestResponse response = PolicyServer(policy).ask(get("/"));
  EXPECT_EQ(response.field("Access-Control-Allow-Origin"), "https://b.example");
  EXPECT_EQ(response.field("Access-Control-Expose-Headers"), "(none)");
  EXPECT_EQ(std::ranges::count_if(response.fields,
                                  [](const auto& line) {
                                    return wire::equals_ignoring_case(
                                        line.first, "Access-Control-Allow-Origin");
                                  }),
            1);
}

TEST(CorsTest, PreflightNamesAreBounded) {
  AnswerPolicy policy;
  policy.cors.allow_any();
  TestFields fields = kPreflight;
  for (int i = 0; i < 10'000; ++i) fields[2].second += ",x-" + std::to_string(i);
  const TestResponse response = PolicyServer(policy).ask({.method = "OPTIONS", .fields = fields});
  EXPECT_LE(response.field("Access-Control-Allow-Headers").size(), 4096u);
}

TEST(CorsTest, Origins) {
  EXPECT_EQ(read_origin("HTTPS://A.example:443").value(), "https://a.example");
  EXPECT_EQ(read_origin("http://a.example:443").value(), "http://a.example:443");
  EXPECT_EQ(read_origin("http://[::1]:80").value(), "http://[::1]");
  for (const char* text : {"", "null", "a.example", "https://", "https://a/",
                           "https://a:", "ftp://a", "https://u@a", "https://a,b"}) {
    EXPECT_FALSE(read_origin(text)) << text;
  }
}

// --- --unsafe-answers ---------------------------------------------------------------------------

TEST(UnsafeAnswersTest, TypesAndHeadersAreTheClients) {
  PolicyServer server({.unsafe = true});
  const TestResponse echo = server.ask(post("/?header=Set-Cookie:a%3Db&header=Cache-Control:public",
                                            "<b>", {{"Content-Type", "text/html"}}));
  EXPECT_EQ(echo.field("Content-Type"), "text/html");
  EXPECT_EQ(echo.field("Set-Cookie"), "a=b");
  EXPECT_EQ(echo.field("Cache-Control"), "public");
  EXPECT_EQ(echo.field("Content-Security-Policy"), "(none)");
  EXPECT_EQ(echo.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(server.ask(get("/?header=Content-Type:text/html")).field("Content-Type"), "text/html");
  EXPECT_EQ(server.ask(post("/", "x")).field("Content-Type"), "application/octet-stream");
  for (const char* name : {"Content-Length", "transfer-encoding", "Connection", "Upgrade"}) {
    const TestResponse response = server.ask(get("/?header=" + std::string(name) + ":1"));
    EXPECT_EQ(response.status, 400) << name;
  }
  EXPECT_EQ(server.ask(get("/?header=X:a%0d%0ab")).status, 400);
}

TEST(UnsafeAnswersTest, ThePageKeepsItsPolicy) {
  PolicyServer server({.unsafe = true});
  EXPECT_EQ(server.ask(get("/", {{"Accept", "text/html"}})).field("Content-Security-Policy"),
            http_page_policy());
}

}  // namespace
}  // namespace echod::http
