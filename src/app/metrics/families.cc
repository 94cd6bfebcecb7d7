#include "app/metrics/families.h"

#include <algorithm>

#include "app/metrics/categories.h"
#include "protocol/protocol.h"

namespace echod {
namespace {

static_assert(kProtocols.size() <= WorkerCells::kProtocolsMax);

using enum MetricType;

constexpr std::string_view kNoUnit;

void write(Exposition& out, const MetricFamily& family, uint64_t value) {
  out.begin(family);
  out.sample({}, value);
}

void write(Exposition& out, const MetricFamily& family, double value) {
  out.begin(family);
  out.sample({}, value);
}

// Listeners beyond those that are counted apart have one name.
size_t listener_places(const MetricsSnapshot& snapshot) {
  return std::min(snapshot.listeners.size(), WorkerCells::kListenersMax);
}

std::string_view listener_label(const MetricsSnapshot& snapshot, size_t place) {
  const bool shared = place + 1 == WorkerCells::kListenersMax &&
                      snapshot.listeners.size() > WorkerCells::kListenersMax;
  return shared ? std::string_view("other") : snapshot.listeners[place].name;
}

void write_listener_queues(Exposition& out, const MetricsSnapshot& snapshot) {
  std::vector<ListenQueue> queues(listener_places(snapshot));
  for (size_t i = 0; i < snapshot.listeners.size(); ++i) {
    const ListenQueue& queue = snapshot.listeners[i].queue;
    ListenQueue& sum = queues[WorkerCells::listener_place(i)];
    sum.length += queue.length;
    sum.limit += queue.limit;
    sum.drops += queue.drops;
  }
  const auto write_each = [&](const MetricFamily& family, uint64_t ListenQueue::* value) {
    out.begin(family);
    for (size_t place = 0; place < queues.size(); ++place) {
      out.sample({{"listener", listener_label(snapshot, place)}}, queues[place].*value);
    }
  };
  write_each({"echod_listen_queue_length", kGauge, kNoUnit,
              "Connections that the kernel has established and echod has not accepted yet"},
             &ListenQueue::length);
  write_each(
      {"echod_listen_queue_limit", kGauge, kNoUnit, "Connections that fit into the kernel's queue"},
      &ListenQueue::limit);
  write_each({"echod_listen_drops", kCounter, kNoUnit,
              "Connections that the kernel dropped at this listener because its queue was full"},
             &ListenQueue::drops);
}

}  // namespace

void write_server_families(Exposition& out, const MetricsSnapshot& snapshot) {
  out.begin({"echod_build", kInfo, kNoUnit, "The running program"});
  out.sample({{"version", snapshot.version}, {"commit", snapshot.commit}}, uint64_t{1});
  out.begin({"echod_engine", kInfo, kNoUnit, "The engine, and why it was chosen"});
  out.sample({{"engine", snapshot.engine}, {"reason", snapshot.engine_reason}}, uint64_t{1});
  write(out,
        {"echod_workers", kGauge, kNoUnit,
         "Event loops of the engine, or the most threads that it uses"},
        snapshot.workers);
  write(out,
        {"echod_ready", kGauge, kNoUnit,
         "1 while the server wants new connections, 0 from the beginning of its shutdown"},
        uint64_t{snapshot.phase == Phase::kServing ? 1u : 0u});
  write(out,
        {"echod_shutdown_phase", kGauge, kNoUnit,
         "0 serving, 1 stopping (--drain-delay), 2 draining (--drain-timeout), 3 aborting"},
        static_cast<uint64_t>(snapshot.phase));
}

void write_connection_families(Exposition& out, const MetricsSnapshot& snapshot) {
  const WorkerCells& cells = snapshot.totals.workers;
  const size_t places = listener_places(snapshot);
  out.begin({"echod_connections", kCounter, kNoUnit, "Connections that were accepted"});
  for (size_t place = 0; place < places; ++place) {
    out.sample({{"listener", listener_label(snapshot, place)}, {"transport", "tcp"}},
               cells.accepted[place].value());
  }
  out.begin({"echod_connections_active", kGauge, kNoUnit, "Connections that are open"});
  for (size_t place = 0; place < places; ++place) {
    // The two are counted while they are read.
    const uint64_t accepted = cells.accepted[place].value();
    const uint64_t ended = std::min(cells.ended[place].value(), accepted);
    out.sample({{"listener", listener_label(snapshot, place)}}, accepted - ended);
  }
  write(out,
        {"echod_connections_limit", kGauge, kNoUnit,
         "Connections that may be open at a time (--max-connections)"},
        snapshot.connections_max);
  out.begin({"echod_connections_closed", kCounter, kNoUnit, "Connections that have ended"});
  for (const ProtocolRow& row : kProtocols) {
    const auto& closed = cells.closed[static_cast<size_t>(row.protocol)];
    for (size_t place = 0; place < kOutcomes.size(); ++place) {
      out.sample({{"protocol", row.log_name}, {"outcome", kOutcomes[place]}},
                 closed[place].value());
    }
  }
  out.begin({"echod_connection_duration_seconds", kHistogram, "seconds",
             "How long connections that have ended were open"});
  for (const ProtocolRow& row : kProtocols) {
    out.histogram({{"protocol", row.log_name}},
                  cells.connection_durations[static_cast<size_t>(row.protocol)]);
  }
  out.begin({"echod_connections_refused", kCounter, kNoUnit,
             "Connections that were closed at once because their source had too many"});
  out.sample({{"reason", "source_limit"}}, snapshot.source_refusals);
  write(out,
        {"echod_accept_pauses", kCounter, kNoUnit,
         "Pauses of accepting because descriptors or memory had run out"},
        snapshot.accept_pauses);
  write_listener_queues(out, snapshot);
  write(out,
        {"echod_kernel_listen_overflows", kCounter, kNoUnit,
         "Full accept queues, of all sockets in this network namespace (ListenOverflows)"},
        snapshot.listen_losses.overflows);
  write(out,
        {"echod_kernel_listen_drops", kCounter, kNoUnit,
         "Dropped connections, of all listeners in this network namespace (ListenDrops)"},
        snapshot.listen_losses.drops);
}

void write_traffic_families(Exposition& out, const MetricsSnapshot& snapshot) {
  const WorkerCells& cells = snapshot.totals.workers;
  out.begin({"echod_bytes", kCounter, "bytes", "Bytes moved over connections"});
  out.sample({{"direction", "received"}}, cells.bytes_received.value());
  out.sample({{"direction", "sent"}}, cells.bytes_sent.value());
  write(out,
        {"echod_receives", kCounter, kNoUnit,
         "Receives that gave bytes; a raw connection echoes each at once"},
        cells.receives.value());
  out.begin({"echod_messages", kCounter, kNoUnit, "Messages that were echoed"});
  out.sample({{"protocol", "websocket"}}, cells.websocket_messages.value());

  out.begin({"echod_requests", kCounter, kNoUnit, "Requests that were answered, by status code"});
  for (size_t place = 0; place < kStatusCount; ++place) {
    const uint64_t count = cells.requests[place].value();
    // Most codes are never sent. The first of a kind is seen as an increase where its series is.
    const bool expected = status_is_expected(place);
    if (count == 0 && !expected) continue;
    out.sample({{"protocol", "http/1"}, {"code", status_label(place)}}, count);
  }
  out.begin({"echod_request_duration_seconds", kHistogram, "seconds",
             "From the end of a request's head to the end of its response"});
  out.histogram({{"protocol", "http/1"}}, cells.request_durations);
  out.begin({"echod_refusals", kCounter, kNoUnit,
             "Requests and WebSockets that were refused for what the client sent"});
  for (size_t place = 0; place < kRefusals.size(); ++place) {
    out.sample({{"protocol", kRefusals[place].protocol}, {"reason", kRefusals[place].reason}},
               cells.refusals[place].value());
  }
}

void write_resource_families(Exposition& out, const MetricsSnapshot& snapshot) {
  out.begin({"echod_loop_lag_seconds", kHistogram, "seconds",
             "How long each round of an event loop worked: the longest that an event waited"});
  out.histogram({}, snapshot.totals.loops.rounds);
  out.begin({"echod_buffer_bytes", kGauge, "bytes",
             "Buffers: in use (by connections, or held by io_uring to receive into), and spare"});
  out.sample({{"state", "in_use"}}, snapshot.totals.buffers.in_use.value());
  out.sample({{"state", "spare"}}, snapshot.totals.buffers.spare.value());
  write(out,
        {"echod_memory_budget_used_bytes", kGauge, "bytes",
         "Memory that requests hold beyond their connections' buffers"},
        snapshot.memory_used);
  write(out,
        {"echod_memory_budget_limit_bytes", kGauge, "bytes",
         "What they may hold together (--max-memory)"},
        snapshot.memory_max);
  write(out,
        {"echod_memory_budget_refusals", kCounter, kNoUnit,
         "How often a request or a message found no room in the memory budget"},
        snapshot.memory_refusals);
  out.begin({"echod_log_lines_dropped", kCounter, kNoUnit,
             "Lines that were lost because the log could not be written in time"});
  out.sample({{"log", "log"}}, snapshot.log_drops);
  if (snapshot.access_log_drops) out.sample({{"log", "access_log"}}, *snapshot.access_log_drops);
}

// The names that every Prometheus client library has for them.
void write_process_families(Exposition& out, const MetricsSnapshot& snapshot) {
  const ProcessFacts& process = snapshot.process;
  write(out, {"process_cpu_seconds", kCounter, "seconds", "Processor time in user and system mode"},
        process.cpu_seconds);
  write(out, {"process_resident_memory_bytes", kGauge, "bytes", "Resident memory"},
        process.resident_size);
  write(out, {"process_virtual_memory_bytes", kGauge, "bytes", "Virtual memory"},
        process.virtual_size);
  write(out, {"process_open_fds", kGauge, kNoUnit, "Open file descriptors"},
        process.open_descriptors);
  write(out, {"process_max_fds", kGauge, kNoUnit, "Limit of open file descriptors"},
        process.descriptors_max);
  write(out, {"process_threads", kGauge, kNoUnit, "Threads"}, process.threads);
  write(out, {"process_start_time_seconds", kGauge, "seconds", "Start of the process since 1970"},
        snapshot.start_time_seconds);
}

}  // namespace echod
