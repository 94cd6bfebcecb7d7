// What the admin endpoints show and change. Endpoints get it by context_of().
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/cli/command_parser.h"
#include "app/metrics/metrics_page.h"
#include "app/serve/connection_registry.h"
#include "app/serve/readiness.h"
#include "http/responder.h"

namespace echod {

class Reloader;

// Of the whole server. Everything that it refers to is thread-safe and must outlive the admin
// server, on whose thread the endpoints run.
struct AdminResources {
  const Readiness& readiness;
  ConnectionRegistry& connections;
  std::function<std::vector<ShownSetting>()> settings;  // the options in effect now
  std::vector<std::string> listeners;    // the server's, by number: "auto://127.0.0.1:8080"
  std::string engine;                    // "uring (io_uring passed its self-test), 2 workers"
  Reloader* reloader = nullptr;          // null: the options cannot change
  const MetricsPage* metrics = nullptr;  // null: there are none
};

// Of one of the admin listeners.
struct AdminContext final : http::EndpointContext {
  AdminContext(const AdminResources& its_resources, bool its_local, bool its_unix,
               const std::vector<std::string>& its_hosts)
      : resources(its_resources), is_local(its_local), is_unix(its_unix), hosts(its_hosts) {}

  const AdminResources& resources;
  bool is_local;  // loopback or a Unix socket: only this machine reaches it
  bool is_unix;
  const std::vector<std::string>& hosts;  // allowed in Host
};

inline const AdminContext& context_of(const http::Responder& responder) {
  return static_cast<const AdminContext&>(*responder.settings().context);
}

}  // namespace echod
