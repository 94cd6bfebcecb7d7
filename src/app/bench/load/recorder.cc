#include "app/bench/load/recorder.h"

#include <algorithm>
#include <utility>

namespace echod {
namespace {

uint64_t nanoseconds(Duration duration) {
  return static_cast<uint64_t>(std::max<int64_t>(duration.count(), 0));
}

}  // namespace

Recorder::Recorder(const RunWindow& window, Duration slice_length, bool service_apart)
    : window_(window), slice_length_(slice_length), service_apart_(service_apart) {}

// Time has come to the end of the slice, or the measurement has begun.
void Recorder::begin_slice(Time now) {
  const Time from = window_.from.load(std::memory_order_relaxed);
  if (now < from) {
    // Look again when it begins, or soon where that is not known: it may be set to a time that has
    // passed.
    slice_end_ = from == kNever ? Time::min() : from;
    return;
  }
  const auto index = static_cast<uint64_t>((now - from) / slice_length_);
  if (index > slice_.index) hand_over(index);
  slice_end_ = from + slice_length_ * static_cast<int64_t>(index + 1);
}

void Recorder::hand_over(uint64_t next_index) {
  slice_.connections = connections_;
  Slice next;
  next.index = next_index;
  std::swap(slice_, next);
  std::lock_guard lock(mutex_);
  complete_.push_back(std::move(next));
  complete_below_ = next_index;
}

void Recorder::echoed(Time due, Time sent, Time now, uint64_t size) {
  if (!window_.contains(due)) return;
  slice_.latency.record(nanoseconds(now - due));
  ++slice_.messages;
  slice_.bytes += size;
  if (service_apart_) service_.record(nanoseconds(now - sent));
  last_echo_ = now;
}

void Recorder::connected(Duration took, Time now) {
  ++connections_;
  if (!window_.contains(now)) return;
  ++connects_;
  connect_.record(nanoseconds(took));
}

void Recorder::lagged(Duration lag) { lag_.record(nanoseconds(lag)); }

void Recorder::failed(std::string_view kind, std::string text) {
  ++errors_[std::string(kind)];
  ++slice_.errors;
  if (first_errors_.size() < kFirstErrorsMax) first_errors_.push_back(std::move(text));
}

std::vector<Slice> Recorder::take_slices(uint64_t& complete_below) {
  std::lock_guard lock(mutex_);
  complete_below = complete_below_;
  return std::exchange(complete_, {});
}

void Recorder::finish() { hand_over(UINT64_MAX); }

}  // namespace echod
