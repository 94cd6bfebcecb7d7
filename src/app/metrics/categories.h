// What metrics tell apart by a label, each as a table from what happened to a place among a
// worker's cells, and from the place to the label. The tables are fixed: no client can add a
// series.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "engine/worker_cells.h"

namespace echod {

// How a connection ended. The names are those of the log's "reason", as far as they are here.
inline constexpr std::array<std::string_view, 7> kOutcomes = {
    "closed", "reset", "timeout", "aborted", "no-memory", "protocol", "other"};
static_assert(kOutcomes.size() <= WorkerCells::kOutcomesMax);
size_t outcome_place(const Result<void>& outcome);

// Statuses that are counted by their number: those of RFC 9110, and of other RFCs that servers
// send. Others a client can ask for; they are counted by class. 0: the connection broke before a
// status was sent.
size_t status_place(int status);
inline constexpr size_t kStatusCount = 70;
static_assert(kStatusCount <= WorkerCells::kStatusesMax);
std::string_view status_label(size_t place);

// Whether its series is there before the first such response: 200, and what alerts look at.
bool status_is_expected(size_t place);

// Why a request or a WebSocket was refused, by the status or close code that it was refused with.
struct RefusalReason {
  int code;  // 0: any other
  std::string_view protocol;
  std::string_view reason;
};
inline constexpr std::array<RefusalReason, 18> kRefusals = {{
    {400, "http/1", "malformed"},
    {405, "http/1", "method"},
    {408, "http/1", "header_timeout"},
    {413, "http/1", "body_too_large"},
    {414, "http/1", "target_too_long"},
    {417, "http/1", "expectation"},
    {426, "http/1", "websocket_version"},
    {431, "http/1", "fields_too_large"},
    {501, "http/1", "transfer_coding"},
    {505, "http/1", "http_version"},
    {0, "http/1", "other"},
    {1002, "websocket", "protocol_error"},
    {1007, "websocket", "invalid_data"},
    {1008, "websocket", "policy"},
    {1009, "websocket", "message_too_large"},
    {1011, "websocket", "internal_error"},
    {1013, "websocket", "memory"},
    {0, "websocket", "other"},
}};
static_assert(kRefusals.size() <= WorkerCells::kRefusalsMax);
size_t refusal_place(int code);

}  // namespace echod
