// What a worker counts, for the metrics: each worker writes its own cells, and a scrape sums those
// of all workers (WorkerSet::sum). A worker counts what its connections do; what the protocols are
// called is known in higher layers, so cells have numbers here: a listener's is its index, a
// protocol's its enumerator.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "base/cell.h"

namespace echod {

// Bounds of the histograms, in nanoseconds. Requests: 100 us to 10 s; a response that takes longer
// was asked to. Connections: 10 ms to a day. Rounds of a loop: 1 ms, under which nobody looks, to
// 1 s.
inline constexpr std::array<int64_t, 16> kRequestBounds = {
    100'000,       250'000,       500'000,       1'000'000,     2'500'000,   5'000'000,
    10'000'000,    25'000'000,    50'000'000,    100'000'000,   250'000'000, 500'000'000,
    1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};
inline constexpr std::array<int64_t, 10> kConnectionBounds = {
    10'000'000,      100'000'000,       1'000'000'000,     10'000'000'000,     60'000'000'000,
    300'000'000'000, 1'800'000'000'000, 7'200'000'000'000, 21'600'000'000'000, 86'400'000'000'000};
inline constexpr std::array<int64_t, 9> kRoundBounds = {1'000'000,   2'500'000,   5'000'000,
                                                        10'000'000,  25'000'000,  50'000'000,
                                                        100'000'000, 250'000'000, 1'000'000'000};

// The counters of one worker since its start. It consists of cells alone: see
// add_cells().
struct WorkerCells {
  // Listeners that are counted apart; the last place is for all others.
  static constexpr size_t kListenersMax = 16;
  static constexpr size_t kProtocolsMax = 4;
  static constexpr size_t kOutcomesMax = 8;
  static constexpr size_t kRefusalsMax = 24;
  static constexpr size_t kStatusesMax = 80;

  // Data path: these are written for each message, so they stand side by side.
  Cell bytes_received;
  Cell bytes_sent;
  Cell receives;  // that gave bytes
  Cell websocket_messages;

  Cell connections;  // accepted
  std::array<Cell, kListenersMax> accepted;
  std::array<Cell, kListenersMax> ended;
  std::array<std::array<Cell, kOutcomesMax>, kProtocolsMax> closed;  // by protocol and outcome
  std::array<DurationCells<kConnectionBounds>, kProtocolsMax> connection_durations;

  std::array<Cell, kStatusesMax> requests;  // by status
  DurationCells<kRequestBounds> request_durations;
  std::array<Cell, kRefusalsMax> refusals;  // by reason

  static constexpr size_t listener_place(size_t listener) {
    return listener < kListenersMax ? listener : kListenersMax - 1;
  }
};

// What an event loop counts. Blocking loops, which serve one connection each, count no rounds.
struct LoopCells {
  // How long each round worked, without its wait: an event that came meanwhile waited at most that
  // long.
  DurationCells<kRoundBounds> rounds;
};

// Buffers of a loop's pools, in bytes. What io_uring holds to receive into is in use.
struct BufferCells {
  Cell in_use;
  Cell spare;
};

// The sum over all workers.
struct WorkerTotals {
  WorkerCells workers;
  LoopCells loops;
  BufferCells buffers;
};

// Adds each cell of `from` to that of `to`, which belongs to the caller. Both consist of cells
// alone.
template <typename Cells>
void add_cells(Cells& to, const Cells& from) {
  static_assert(std::is_standard_layout_v<Cells> && sizeof(Cells) % sizeof(Cell) == 0);
  const std::span counts(reinterpret_cast<const Cell*>(&from), sizeof(Cells) / sizeof(Cell));
  const std::span sums(reinterpret_cast<Cell*>(&to), counts.size());
  for (size_t i = 0; i < counts.size(); ++i) sums[i].add(counts[i].value());
}

}  // namespace echod
