#include "app/admin/connections.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "app/admin/context.h"
#include "app/admin/endpoints.h"
#include "app/serve/connection_registry.h"
#include "base/json_writer.h"
#include "base/parse_duration.h"
#include "net/tcp_info.h"
#include "protocol/protocol.h"
#include "stream/transport.h"
#include "wire/http/syntax.h"
#include "wire/http/target.h"

namespace echod {
namespace {

using http::BodyEnd;
using http::Responder;
using Facts = ConnectionRegistry::Facts;
using Bad = std::unexpected<std::string>;

enum class SortBy : uint8_t { kNumber, kAge, kBytes, kRequests, kRate };

constexpr std::pair<std::string_view, SortBy> kSorts[] = {{"id", SortBy::kNumber},
                                                          {"age", SortBy::kAge},
                                                          {"bytes", SortBy::kBytes},
                                                          {"requests", SortBy::kRequests},
                                                          {"rate", SortBy::kRate}};

struct Filter {
  std::optional<Protocol> protocol;
  std::string peer;  // empty: any
  Duration min_age = Duration::zero();
  SortBy sort = SortBy::kNumber;
  size_t limit = kListedConnections;
};

// A connection that is listed.
struct Row {
  double key = 0;  // the largest come first
  Facts facts;
  std::optional<TcpInfo> tcp;

  bool operator<(const Row& other) const {
    return key != other.key ? key > other.key : facts.number < other.facts.number;
  }
};

struct List {
  size_t open = 0;
  size_t matching = 0;
  std::vector<Row> rows;
};

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// Its worker's clock may be a little ahead of this thread's.
Duration age_of(const Facts& facts, Time now) {
  return std::max(Duration::zero(), now - facts.established);
}

double rate_of(const Facts& facts, Time now) {
  const double age = seconds_of(age_of(facts, now));
  return age > 0 ? static_cast<double>(facts.bytes_received + facts.bytes_sent) / age : 0;
}

std::expected<Protocol, std::string> read_protocol(std::string_view text) {
  std::string names;
  for (const ProtocolRow& row : kProtocols) {
    if (row.log_name == text || row.scheme == text) return row.protocol;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", row.log_name);
  }
  return Bad("protocol: expected one of " + names);
}

std::optional<std::string> read_argument(Filter& filter, std::string_view name,
                                         const std::string& value) {
  if (name == "protocol") {
    const auto protocol = read_protocol(value);
    if (!protocol) return protocol.error();
    filter.protocol = *protocol;
  } else if (name == "peer") {
    filter.peer = value;
  } else if (name == "min_age") {
    const std::optional<Duration> age = parse_duration(value);
    if (!age) return "min_age: expected a duration";
    filter.min_age = *age;
  } else if (name == "sort") {
    const auto* const sort = std::ranges::find(kSorts, std::string_view(value),
                                               &std::pair<std::string_view, SortBy>::first);
    if (sort == std::end(kSorts)) return "sort: expected one of id, age, bytes, requests, rate";
    filter.sort = sort->second;
  } else if (name == "limit") {
    const std::optional<uint64_t> limit = wire::parse_decimal(value);
    if (!limit || *limit < 1 || *limit > kListedConnectionsMax) {
      return fmt::format("limit: expected a number from 1 to {}", kListedConnectionsMax);
    }
    filter.limit = *limit;
  } else {
    return "unknown parameter; known are protocol, peer, min_age, sort and limit";
  }
  return std::nullopt;
}

std::expected<Filter, std::string> read_filter(std::string_view query) {
  Filter filter;
  while (const auto argument = wire::next_argument(query)) {
    const std::string name = wire::form_decoded(argument->name);
    if (auto problem = read_argument(filter, name, wire::form_decoded(argument->value))) {
      return Bad(*problem);
    }
  }
  return filter;
}

bool matches(const Filter& filter, const Facts& facts, Time now) {
  if (filter.protocol && facts.protocol != *filter.protocol) return false;
  if (age_of(facts, now) < filter.min_age) return false;
  if (filter.peer.empty()) return true;
  const std::string peer = facts.peer.to_string();
  return peer == filter.peer || host_of(peer) == filter.peer;
}

double key_of(const Facts& facts, SortBy sort, Time now) {
  switch (sort) {
    case SortBy::kNumber:
      return -static_cast<double>(facts.number);
    case SortBy::kAge:
      return seconds_of(age_of(facts, now));
    case SortBy::kBytes:
      return static_cast<double>(facts.bytes_received + facts.bytes_sent);
    case SortBy::kRequests:
      return static_cast<double>(facts.requests);
    case SortBy::kRate:
      return rate_of(facts, now);
  }
  return 0;
}

// The first `filter.limit` rows of all that match. Only for those that may be among them the kernel
// is asked about the path, while the registry makes sure that the descriptor is the connection's.
List collect(ConnectionRegistry& connections, const Filter& filter, Time now) {
  List list;
  list.rows.reserve(filter.limit);
  connections.visit([&](const Facts& facts) {
    ++list.open;
    if (!matches(filter, facts, now)) return;
    ++list.matching;
    Row row{.key = key_of(facts, filter.sort, now), .facts = facts, .tcp = {}};
    const bool is_full = list.rows.size() == filter.limit;
    if (is_full && !(row < list.rows.front())) return;  // the front of the heap is the last row
    if (is_full) {
      std::ranges::pop_heap(list.rows, std::less<>{});
      list.rows.pop_back();
    }
    if (facts.fd >= 0) row.tcp = tcp_info_of(facts.fd);
    list.rows.push_back(row);
    std::ranges::push_heap(list.rows, std::less<>{});
  });
  std::ranges::sort_heap(list.rows, std::less<>{});
  return list;
}

// A number with three decimals: microseconds and the like would be noise.
double rounded(double number) {
  return static_cast<double>(static_cast<int64_t>(number * 1e3)) / 1e3;
}

void write_row(JsonWriter& json, const Row& row, const AdminResources& resources, Time now) {
  const Facts& facts = row.facts;
  json.begin_object();
  json.member("id", facts.number);
  json.member("peer", facts.peer.to_string());
  if (facts.listener < resources.listeners.size()) {
    json.member("listener", resources.listeners[facts.listener]);
  }
  json.member("protocol", name_of(facts.protocol));
  json.member("age_seconds", rounded(seconds_of(age_of(facts, now))));
  json.member("bytes_received", facts.bytes_received);
  json.member("bytes_sent", facts.bytes_sent);
  json.member("bytes_per_second", rounded(rate_of(facts, now)));
  json.member("requests", facts.requests);
  if (row.tcp) {
    json.member("state", name_of_tcp_state(row.tcp->state));
    json.member("idle_seconds", static_cast<double>(row.tcp->idle_ms) / 1e3);
    json.member("rtt_us", row.tcp->rtt_us);
    json.member("retransmits", row.tcp->retransmits);
  }
  json.end_object();
}

Task<BodyEnd> close_connection(Responder& responder, uint64_t number) {
  const AdminResources& resources = context_of(responder).resources;
  BodyEnd end = BodyEnd::kComplete;
  switch (resources.connections.close(number)) {
    case ConnectionRegistry::Closing::kUnknown:
      end = co_await responder.decline(404, "there is no such connection");
      co_return end;
    case ConnectionRegistry::Closing::kImpossible:
      end = co_await responder.decline(
          409, "a connection beyond the limit of open files cannot be closed from here");
      co_return end;
    case ConnectionRegistry::Closing::kClosed:
      break;
  }
  JsonWriter json(0);
  json.begin_object();
  json.member("closed", number);
  json.end_object();
  end = co_await answer_json(responder, json.take());
  co_return end;
}

Task<BodyEnd> show_connection(Responder& responder, uint64_t number) {
  const AdminResources& resources = context_of(responder).resources;
  const Time now = responder.session().clock.now();
  std::optional<Row> found;
  resources.connections.visit([&](const Facts& facts) {
    if (facts.number != number) return;
    found = Row{.key = 0, .facts = facts, .tcp = {}};
    if (facts.fd >= 0) found->tcp = tcp_info_of(facts.fd);
  });
  if (!found) return responder.decline(404, "there is no such connection");
  JsonWriter json(2);
  write_row(json, *found, resources, now);
  return answer_json(responder, json.take());
}

std::string list_of(Responder& responder, const Filter& filter) {
  const AdminResources& resources = context_of(responder).resources;
  const Time now = responder.session().clock.now();
  const List list = collect(resources.connections, filter, now);
  JsonWriter json(2, {}, 2);
  json.begin_object();
  json.member("open", list.open);
  json.member("matching", list.matching);
  json.name("connections");
  json.begin_array();
  for (const Row& row : list.rows) write_row(json, row, resources, now);
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace

Task<BodyEnd> answer_connections(Responder& responder, std::string_view) {
  const std::string_view query = wire::split_target(responder.request().target).query;
  const std::expected<Filter, std::string> filter = read_filter(query);
  BodyEnd end = BodyEnd::kComplete;
  if (!filter) {
    end = co_await responder.decline(400, filter.error());
    co_return end;
  }
  end = co_await answer_json(responder, list_of(responder, *filter));
  co_return end;
}

Task<BodyEnd> answer_connection(Responder& responder, std::string_view argument) {
  const std::optional<uint64_t> number = wire::parse_decimal(argument);
  if (!number) return responder.decline(404, "there is no such connection");
  if (responder.request().method == "DELETE") return close_connection(responder, *number);
  return show_connection(responder, *number);
}

}  // namespace echod
