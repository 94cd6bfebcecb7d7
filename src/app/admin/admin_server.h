// The admin interface: HTTP on listeners, a loop and a thread of its own, so that it answers while
// the server's loops are busy, whatever their engine, until the server has stopped. It shares no
// limit with the server: it has a few connections, and at that limit each new one displaces the
// oldest, so that nobody who holds connections open can keep a probe from being answered.
#pragma once

#include <expected>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "app/admin/admin_options.h"
#include "app/admin/context.h"
#include "engine/engine.h"
#include "net/unix_socket.h"
#include "protocol/http1/handler.h"
#include "stream/socket_stream.h"

namespace echod {

class AdminServer final : private ConnectionHandler, private AcceptObserver {
 public:
  // Maximum number of open connections; a new one then displaces the oldest.
  static constexpr size_t kConnectionsMax = 64;

  // Those, and connections that were displaced and have not ended yet. Beyond, clients wait.
  static constexpr size_t kConnectionsHardMax = kConnectionsMax + 16;

  // Listens and serves on a thread of its own. The error is a line for people that says what to do.
  static std::expected<std::unique_ptr<AdminServer>, std::string> start(const AdminOptions& options,
                                                                        AdminResources resources);

  // Aborts the open connections, and removes the Unix sockets' files.
  ~AdminServer() override;

  // Where it listens, with the ports that the system picked: "127.0.0.1:9090", "unix:/PATH".
  const std::vector<std::string>& listening() const { return listening_; }

 private:
  // One of its listeners: what its connections share.
  struct Entrance {
    Entrance(const AdminResources& resources, bool local, bool unix,
             const std::vector<std::string>& hosts);
    AdminContext context;
    Http1Handler handler;
  };

  AdminServer(const AdminOptions& options, AdminResources resources)
      : options_(options), resources_(std::move(resources)), admission_({kConnectionsHardMax, 0}) {}

  std::expected<void, std::string> open(const AdminAddress& address);
  std::expected<void, std::string> open_port(const AdminAddress& address);
  std::expected<void, std::string> open_path(const std::string& path);
  void add(Listener listener, std::string name, bool local, bool unix);

  Task<> serve(Worker& worker, Accepted accepted) override;
  void accept_paused(const Error&) override {}
  void source_refused(const Endpoint&) override {}

  const AdminOptions options_;
  const AdminResources resources_;
  std::vector<std::string> listening_;
  std::vector<std::unique_ptr<Entrance>> entrances_;  // by the listener's number
  std::vector<UnixSocketFile> files_;
  std::vector<Listener> opened_;  // until the engine has them
  Admission admission_;
  std::list<SocketStream*> open_;   // oldest first, without the displaced; of the engine's thread
  std::unique_ptr<Engine> engine_;  // created last, destroyed first
};

}  // namespace echod
