// Who may call the admin interface.
#include "app/admin/host_check.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "wire/http/field_list.h"

namespace echod {
namespace {

const std::vector<std::string> kNames = {"echod.internal", "[fe80::1%eth0]"};

TEST(HostCheckTest, OnlyNamesThatNoSiteControls) {
  for (const char* host :
       {"localhost", "LocalHost:9090", "localhost.", "127.0.0.1", "127.0.0.1:1", "10.0.0.7:9090",
        "[::1]", "[::1]:9090", "[2001:db8:0:0:0:0:0:1]:80", "[::ffff:10.0.0.1]", "echod.internal",
        "ECHOD.internal:9090", "echod.internal."}) {
    EXPECT_TRUE(is_allowed_host(host, kNames)) << host;
  }
  for (const char* host :
       {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1x",
        "127.1", "2130706433", "1.2.3.4.5", "256.0.0.1", "127.0.0.", ".", "[evil.example]", "[]",
        "[:]", "[1]", "xlocalhost", "internal", "evil.example:127.0.0.1", "::1"}) {
    EXPECT_FALSE(is_allowed_host(host, kNames)) << host;
  }
}

struct Caller {
  std::vector<std::pair<std::string, std::string>> fields;
  bool allowed;
  std::string target = "/";
  bool any_host = false;
};

TEST(HostCheckTest, HostOriginAndSite) {
  const std::vector<Caller> callers = {
      {{{"Host", "localhost:9090"}}, true},
      {{}, true},  // HTTP/1.0
      {{{"Host", "evil.example"}}, false},
      {{{"host", "evil.example"}}, false},
      {{{"Host", "evil.example"}}, true, "/", true},
      {{{"Host", "localhost:9090"}}, false, "http://evil.example/"},
      {{{"Host", "evil.example"}}, true, "http://localhost:9090/"},
      {{{"Host", "localhost:9090"}, {"Origin", "http://localhost:9090"}}, true},
      {{{"Host", "localhost:9090"}, {"Origin", "https://LOCALHOST:9090"}}, true},
      {{{"Host", "localhost:9090"}, {"Origin", "http://localhost:9091"}}, false},
      {{{"Host", "localhost:9090"}, {"Origin", "http://evil.example"}}, false},
      {{{"Host", "localhost:9090"}, {"Origin", "null"}}, false},
      {{{"Host", "localhost:9090"}, {"Origin", ""}}, false},
      {{{"Host", "localhost:9090"}, {"Origin", "ftp://localhost:9090"}}, false},
      {{{"Origin", "http://"}}, false},
      {{{"Host", "x"}, {"Origin", "http://evil.example"}}, false, "/", true},
      {{{"Host", "localhost"}, {"Origin", "http://localhost"}, {"Origin", "http://evil.example"}},
       false},
      {{{"Host", "127.0.0.1:9090"}, {"Sec-Fetch-Site", "cross-site"}}, false},
      {{{"Host", "127.0.0.1:9090"}, {"Sec-Fetch-Site", "same-site"}}, false},
      {{{"Host", "127.0.0.1:9090"}, {"Sec-Fetch-Site", "same-origin"}}, true},
      {{{"Host", "127.0.0.1:9090"}, {"Sec-Fetch-Site", "none"}}, true},
  };
  for (const Caller& caller : callers) {
    wire::FieldBuffer fields;
    std::string shown = caller.target;
    for (const auto& [name, value] : caller.fields) {
      fields.add(name, value);
      shown.append(" ").append(name).append("=").append(value);
    }
    wire::RequestHead request;
    request.target = caller.target;
    request.fields = fields.list();
    EXPECT_EQ(refused_caller(request, kNames, caller.any_host).empty(), caller.allowed) << shown;
  }
}

}  // namespace
}  // namespace echod
