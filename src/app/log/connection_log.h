// What the log says of one connection: that it was established, its first reads, and how it ended.
#pragma once

#include "app/log/log.h"
#include "base/error.h"
#include "stream/session.h"
#include "stream/socket_stream.h"

namespace echod {

class ConnectionLog final : public SessionObserver {
 public:
  // `log` must outlive this. One serves all connections, on several threads at once: whose line it
  // is says the session, by its transport.
  explicit ConnectionLog(Log& log) : log_(log) {}

  void established(const Session& session);
  void received(const Session& session, size_t bytes) override;
  void refused(const Session& session, int code, std::string_view why) override;

  // The closing line, with totals. `timeouts` are those the connection had.
  void closed(const Session& session, const Result<void>& outcome, Duration age,
              const StreamTimeouts& timeouts);

 private:
  Log& log_;
};

// How a connection ended, in words: "Connection closed", "Connection reset by client", ...
std::string describe_end(const Result<void>& outcome, const StreamTimeouts& timeouts);

}  // namespace echod
