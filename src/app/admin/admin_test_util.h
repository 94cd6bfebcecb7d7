// The admin interface without connections, for tests of its endpoints.
#pragma once

#include <string>
#include <vector>

#include "app/admin/context.h"
#include "app/admin/routes.h"
#include "http/memory_exchange_test_util.h"

namespace echod {

class MemoryAdmin {
 public:
  explicit MemoryAdmin(std::vector<ShownSetting> settings = {})
      : settings_(std::move(settings)), server_(admin_router()) {
    server_.settings.control.enabled = false;
  }

  FakeClock& clock() { return server_.clock; }

  Readiness readiness;
  ConnectionRegistry connections;
  bool is_local = true;
  bool is_unix = false;
  std::vector<std::string> hosts;

  http::TestResponse ask(http::TestRequest request) {
    const AdminResources resources{.readiness = readiness,
                                   .connections = connections,
                                   .settings = [this] { return settings_; },
                                   .listeners = {"tcp://127.0.0.1:7"},
                                   .engine = "epoll (a test), 1 worker"};
    const AdminContext context(resources, is_local, is_unix, hosts);
    server_.settings.context = &context;
    const bool has_host = std::ranges::any_of(
        request.fields, [](const auto& field) { return field.first == "Host"; });
    if (!has_host) request.fields.emplace_back("Host", "localhost:9090");
    return server_.ask(std::move(request));
  }
  http::TestResponse get(std::string_view target, http::TestFields fields = {}) {
    return ask(http::get(target, std::move(fields)));
  }
  http::TestResponse send(std::string_view method, std::string_view target) {
    http::TestRequest request = http::get(target);
    request.method = method;
    return ask(std::move(request));
  }

 private:
  std::vector<ShownSetting> settings_;
  http::MemoryServer server_;
};

}  // namespace echod
