// What a client is shown of its own requests, whichever version of HTTP carried them.
#include "http/endpoints/reflection.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "http/endpoints/routes.h"
#include "http/memory_exchange_test_util.h"

namespace echod::http {
namespace {

using Json = nlohmann::json;

Json reflection_of(const TestRequest& request) {
  MemoryServer server(echo_router());
  const TestResponse response = server.ask(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("Content-Type"), "application/json");
  return Json::parse(response.body);
}

TEST(HttpReflectionTest, TheRequestInItsParts) {
  const Json reflection =
      reflection_of(get("/a%20b?x=1&y=a+b", {{"X-Twice", "1"}, {"x-twice", "2"}}));
  EXPECT_EQ(reflection["method"], "GET");
  EXPECT_EQ(reflection["target"], "/a%20b?x=1&y=a+b");
  EXPECT_EQ(reflection["version"], "memory");
  EXPECT_EQ(reflection["path"], "/a%20b");
  EXPECT_EQ(reflection["query"][1], (Json{{"name", "y"}, {"value", "a b"}}));
  EXPECT_EQ(reflection["headers"][1]["name"], "X-Twice");
  EXPECT_EQ(reflection["headers"][2]["value"], "2");
}

TEST(HttpReflectionTest, WhatIsNotThereIsNull) {
  const Json reflection = reflection_of(get("/"));
  EXPECT_EQ(reflection["traceparent"], nullptr);
  for (const char* name : {"number", "remote", "local", "tls", "tcp_info"}) {
    EXPECT_TRUE(reflection["connection"].contains(name));
    EXPECT_EQ(reflection["connection"][name], nullptr) << name;
  }
}

TEST(HttpReflectionTest, OfManyChunksTheFirstSizesAreKept) {
  const std::vector<std::string> chunks(kReflectedChunksMax + 10, "x");
  const Json body = reflection_of({.method = "POST",
                                   .target = "/reflect",
                                   .framing = BodyFraming::kChunked,
                                   .body = chunks})["body"];
  EXPECT_EQ(body["chunks"].size(), kReflectedChunksMax);
  EXPECT_EQ(body["size"], kReflectedChunksMax + 10);
}

TEST(HttpReflectionTest, BytesThatAreNotUtf8) {
  const Json headers =
      reflection_of(get("/", {{"X-Utf8", "\xc3\xa9"}, {"X-Latin", "\xe9\xff"}}))["headers"];
  EXPECT_EQ(headers[1]["value"], "\u00e9");
  EXPECT_EQ(headers[2]["value"], "\u00e9\u00ff");
}

TEST(HttpReflectionTest, OnlyWellFormedTraceParents) {
  const auto trace_of = [](const std::string& value) {
    return reflection_of(get("/", {{"traceparent", value}}))["traceparent"];
  };
  const std::string ids = "-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";
  EXPECT_EQ(trace_of("00" + ids + "01")["flags"], "01");
  EXPECT_EQ(trace_of("cc" + ids + "01-more")["version"], "cc");
  for (const std::string& value : {"00" + ids + "0", "00" + ids + "01-more", "00" + ids + "0A",
                                   "00" + ids + "011", "0" + ids + "001", std::string("x")}) {
    EXPECT_EQ(trace_of(value), nullptr) << value;
  }
}

// What the operator shows is in every response: a field, and in reflections.
TEST(HttpReflectionTest, TheShownEnvironment) {
  MemoryServer server(echo_router());
  const auto list_of = [&server](const TestRequest& request) {
    return server.ask(request).field("X-Echo-Environment");
  };
  EXPECT_EQ(list_of(get("/")), "(none)");
  EXPECT_EQ(reflection_of(get("/"))["environment"], Json::object());
  server.settings.environment = ShownEnvironment({{.name = "POD_NAME", .value = "web-1"},
                                                  {.name = "NODE_NAME", .value = std::nullopt},
                                                  {.name = "PLACE", .value = "caf\xe9\n"}});
  const std::string list = "POD_NAME=web-1, PLACE=caf%E9%0A";
  const TestResponse json = server.ask(get("/"));
  EXPECT_EQ(json.field("X-Echo-Environment"), list);
  const Json shown = {{"POD_NAME", "web-1"}, {"NODE_NAME", nullptr}, {"PLACE", "caf\u00e9\n"}};
  EXPECT_EQ(Json::parse(json.body)["environment"], shown);
  const TestResponse text = server.ask(get("/", {{"Accept", "text/plain"}}));
  EXPECT_EQ(text.body, "# environment: " + list + "\n");
  EXPECT_EQ(Json::parse(server.ask(get("/env")).body),
            (Json{{"env", {{"POD_NAME", "web-1"}, {"PLACE", "caf\u00e9\n"}}}}));
  for (const char* target : {"/status/404", "/bytes/3", "/?status=1", "/?delay=1h", "/healthz"}) {
    EXPECT_EQ(list_of(get(target)), list) << target;
  }
  EXPECT_EQ(list_of({.method = "TRACE"}), list);
}

TEST(HttpReflectionTest, AClientCannotForgeTheEnvironment) {
  MemoryServer server(echo_router());
  server.settings.control.allowed_fields = {"*"};
  EXPECT_EQ(server.ask(get("/?header=x-echo-environment:A=b")).status, 400);
  EXPECT_EQ(server.ask(get("/", {{"X-Echo-Header", "X-Echo-Environment: A=b"}})).status, 400);
}

TEST(HttpReflectionTest, WhoWantsText) {
  const std::vector<std::pair<TestFields, bool>> cases = {
      {{}, false},
      {{{"Accept", "*/*"}}, false},
      {{{"User-Agent", "curl/8.0"}}, true},
      {{{"Accept", "*/*"}, {"User-Agent", "curl/8.0"}}, true},
      {{{"User-Agent", "Wget/1.21"}}, true},
      {{{"User-Agent", "Mozilla/5.0 curl/8.0"}}, false},
      {{{"Accept", "application/json"}, {"User-Agent", "curl/8.0"}}, false},
      {{{"Accept", "text/plain"}}, true},
      {{{"Accept", "text/*, */*;q=0.5"}}, true},
      {{{"Accept", "text/plain;q=0.4, application/json;q=0.5"}}, false},
      {{{"Accept", "text/html, */*;q=0.8"}}, false},
      {{{"Accept", "image/png"}, {"User-Agent", "HTTPie/3"}}, true},
  };
  for (const auto& [fields, text] : cases) {
    FieldBuffer list;
    for (const auto& [name, value] : fields) list.add(name, value);
    EXPECT_EQ(prefers_text(list.list()), text) << list.list().text();
  }
}

TEST(HttpReflectionTest, HeadGetsTheHeadAlone) {
  MemoryServer server(echo_router());
  const TestResponse response = server.ask({.method = "HEAD"});
  EXPECT_EQ(response.status, 200);
  EXPECT_GT(response.size.value_or(0), 0u);
  EXPECT_EQ(response.body, "");
}

}  // namespace
}  // namespace echod::http
