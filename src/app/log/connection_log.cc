#include "app/log/connection_log.h"

#include <fmt/format.h>

#include "app/cli/units.h"
#include "protocol/protocol.h"

namespace echod {
namespace {

// A reader of the log sees one reason for what a shutdown ended, at once or at the drain.
std::string_view reason_of(const Result<void>& outcome) {
  if (outcome) return "closed";
  const Errc code = outcome.error().code;
  return name_of(code == Errc::kDrained ? Errc::kAborted : code);
}

}  // namespace

std::string describe_end(const Result<void>& outcome, const StreamTimeouts& timeouts) {
  if (outcome) return "Connection closed";
  const Error& error = outcome.error();
  bool sending = error.during == During::kSend;
  switch (error.code) {
    case Errc::kReset:
      return sending ? "Client disconnected during write" : "Connection reset by client";
    case Errc::kTimeout:
      if (error.os_error != 0) return "Connection timed out";
      return sending ? fmt::format("Client did not read for {}, connection closed",
                                   format_duration(timeouts.stall))
                     : fmt::format("Idle timeout after {}, connection closed",
                                   format_duration(timeouts.idle));
    case Errc::kAborted:
    case Errc::kDrained:
      if (error.detail == Detail::kClosedByAdmin) return "Connection closed by the admin interface";
      return "Connection ended by shutdown";
    case Errc::kNoMemory:
      return "Out of memory, connection closed";
    default:
      return "Connection failed: " + describe(error);
  }
}

void ConnectionLog::established(const Session& session) {
  if (!log_.wants(LogLevel::kInfo)) return;
  const TransportFacts facts = session.transport->identity();
  log_.write({.level = LogLevel::kInfo,
              .event = "connection_established",
              .peer = facts.remote,
              .text = "Connection established",
              .fields = {{"connection", facts.number}}});
}

void ConnectionLog::received(const Session& session, size_t bytes) {
  if (!log_.wants(LogLevel::kInfo)) return;
  // An HTTP request gets a response, which may be something other than its body.
  const bool echoed = session.protocol != Protocol::kHttp1;
  std::string text = fmt::format("Received {} byte{}{}", bytes, bytes == 1 ? "" : "s",
                                 echoed ? ", echoing back" : "");
  const TransportFacts facts = session.transport->identity();
  log_.write({.level = LogLevel::kInfo,
              .event = "received",
              .peer = facts.remote,
              .text = text,
              .fields = {{"bytes", uint64_t{bytes}}, {"connection", facts.number}}});
}

void ConnectionLog::refused(const Session& session, int code, std::string_view why) {
  if (!log_.wants(LogLevel::kInfo)) return;
  const std::string text = fmt::format("Refused with {}: {}", code, why);
  const TransportFacts facts = session.transport->identity();
  log_.write({.level = LogLevel::kInfo,
              .event = "refused",
              .peer = facts.remote,
              .text = text,
              .fields = {{"code", static_cast<uint64_t>(code)},
                         {"reason", why},
                         {"connection", facts.number},
                         {"request", session.requests.value()}}});
}

void ConnectionLog::closed(const Session& session, const Result<void>& outcome, Duration age,
                           const StreamTimeouts& timeouts) {
  if (!log_.wants(LogLevel::kInfo)) return;
  double seconds = static_cast<double>(age.count()) / 1e9;
  std::string requests = session.protocol == Protocol::kHttp1
                             ? fmt::format(", {} request{}", session.requests.value(),
                                           session.requests.value() == 1 ? "" : "s")
                             : "";
  std::string text = fmt::format("{} (received {} bytes, sent {} bytes{}, {:.3f} s)",
                                 describe_end(outcome, timeouts), session.bytes_received.value(),
                                 session.bytes_sent.value(), requests, seconds);
  const TransportFacts facts = session.transport->identity();
  log_.write({.level = LogLevel::kInfo,
              .event = "connection_closed",
              .peer = facts.remote,
              .text = text,
              .fields = {{"reason", reason_of(outcome)},
                         {"protocol", name_of(session.protocol.value())},
                         {"bytes_received", session.bytes_received.value()},
                         {"bytes_sent", session.bytes_sent.value()},
                         {"requests", session.requests.value()},
                         {"seconds", seconds},
                         {"connection", facts.number}}});
}

}  // namespace echod
