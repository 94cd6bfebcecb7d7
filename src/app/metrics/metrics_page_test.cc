// What a scrape says of a server that serves, and which format it gets.
#include "app/metrics/metrics_page.h"

#include <gtest/gtest.h>

#include <regex>

#include "app/metrics/families.h"

namespace echod {
namespace {

MetricsFormat format_for(std::string_view accept) {
  wire::FieldBuffer fields;
  fields.add("Host", "localhost");
  if (!accept.empty()) fields.add("Accept", accept);
  return negotiate_metrics_format(fields.list());
}

TEST(MetricsFormatTest, OpenMetricsIsForWhoPrefersIt) {
  const std::string_view prometheus =
      "application/openmetrics-text;version=1.0.0,application/"
      "openmetrics-text;version=0.0.1;q=0.75,"
      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
  EXPECT_EQ(format_for(prometheus), MetricsFormat::kOpenMetrics);
  EXPECT_EQ(format_for("application/openmetrics-text"), MetricsFormat::kOpenMetrics);
  for (const std::string_view accept :
       {"", "*/*", "text/plain", "text/html,*/*;q=0.8", "application/openmetrics-text;q=0",
        "text/plain;version=0.0.4,application/openmetrics-text;q=0.5", "nonsense"}) {
    EXPECT_EQ(format_for(accept), MetricsFormat::kPrometheus) << accept;
  }
}

// "NAME{LABELS}" -> value.
double value_of(const std::string& text, const std::string& series) {
  const size_t at = text.find("\n" + series + " ");
  if (at == std::string::npos) {
    ADD_FAILURE() << "there is no " << series;
    return -1;
  }
  return std::stod(text.substr(at + series.size() + 2));
}

TEST(MetricsTest, CountersAreThoseOfTheSnapshot) {
  MetricsSnapshot snapshot;
  snapshot.listeners.push_back(
      {.name = "127.0.0.1:7", .queue = {.length = 1, .limit = 2, .drops = 3}});
  snapshot.listeners.push_back({.name = "[::1]:7"});
  WorkerCells& cells = snapshot.totals.workers;
  cells.accepted[0].add(5);
  cells.ended[0].add(2);
  cells.accepted[1].add(1);
  cells.ended[1].add(2);  // read later than the other
  cells.bytes_sent.add(17);
  cells.requests[2].add(1);
  cells.closed[1][2].add(4);
  snapshot.engine_reason = "chosen with \"--engine\"";
  snapshot.access_log_drops = 9;
  const std::string text = render_metrics(snapshot, MetricsFormat::kPrometheus);
  EXPECT_EQ(value_of(text, R"(echod_connections_total{listener="127.0.0.1:7",transport="tcp"})"),
            5);
  EXPECT_EQ(value_of(text, R"(echod_connections_active{listener="127.0.0.1:7"})"), 3);
  EXPECT_EQ(value_of(text, R"(echod_connections_active{listener="[::1]:7"})"), 0);
  EXPECT_EQ(value_of(text, R"(echod_listen_drops_total{listener="127.0.0.1:7"})"), 3);
  EXPECT_EQ(value_of(text, R"(echod_bytes_total{direction="sent"})"), 17);
  EXPECT_EQ(value_of(text, R"(echod_requests_total{protocol="http/1",code="101"})"), 1);
  EXPECT_EQ(value_of(text, R"(echod_requests_total{protocol="http/1",code="503"})"), 0);
  EXPECT_FALSE(text.contains("code=\"502\"")) << "never sent, and no alert looks at it";
  EXPECT_EQ(value_of(text, R"(echod_connections_closed_total{protocol="raw",outcome="timeout"})"),
            4);
  EXPECT_EQ(value_of(text, R"(echod_engine_info{engine="",reason="chosen with \"--engine\""})"), 1);
  EXPECT_EQ(value_of(text, R"(echod_log_lines_dropped_total{log="access_log"})"), 9);
}

TEST(MetricsTest, ListenersBeyondTheLimitShareASeries) {
  MetricsSnapshot snapshot;
  for (int i = 0; i < 100; ++i) {
    snapshot.listeners.push_back({.name = "l" + std::to_string(i), .queue = {.length = 1}});
  }
  snapshot.totals.workers.accepted[WorkerCells::listener_place(99)].add(1);
  const std::string text = render_metrics(snapshot, MetricsFormat::kPrometheus);
  EXPECT_EQ(value_of(text, R"(echod_connections_total{listener="other",transport="tcp"})"), 1);
  EXPECT_EQ(value_of(text, R"(echod_listen_queue_length{listener="other"})"), 85);
  EXPECT_FALSE(text.contains("\"l15\""));
}

TEST(MetricsTest, AServerCountsFromItsStart) {
  ServeOptions options;
  options.listen = {{.protocol = Protocol::kAuto, .host = "127.0.0.1", .port = 0}};
  options.workers = 1;
  auto log = std::move(*Log::open({.level = LogLevel::kOff}));
  auto server = std::move(*Server::start(options, *log));
  const std::string text = MetricsPage(*server, *log, nullptr).render(MetricsFormat::kPrometheus);
  EXPECT_EQ(value_of(text, "echod_ready"), 1);
  EXPECT_EQ(value_of(text, "echod_workers"), 1);
  EXPECT_EQ(value_of(text, "echod_shutdown_phase"), 0);
  EXPECT_GT(value_of(text, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(value_of(text, "process_open_fds"), 3);
  EXPECT_GE(value_of(text, "process_max_fds"), value_of(text, "process_open_fds"));
  EXPECT_GT(value_of(text, "process_start_time_seconds"), 1.6e9);
  EXPECT_GE(value_of(text, "process_threads"), 2);
  const std::string listener = server->listening().front().endpoint.to_string();
  EXPECT_GT(value_of(text, "echod_listen_queue_limit{listener=\"" + listener + "\"}"), 1);
  server->announce_stop();
  const std::string stopping =
      MetricsPage(*server, *log, nullptr).render(MetricsFormat::kOpenMetrics);
  EXPECT_EQ(value_of(stopping, "echod_ready"), 0);
  EXPECT_EQ(value_of(stopping, "echod_shutdown_phase"), 1);
}

}  // namespace
}  // namespace echod
