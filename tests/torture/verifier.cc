#include "verifier.h"

#include <fmt/format.h>

#include <algorithm>

namespace torture {
namespace {

// Enough to see blocks swapped that are as large as usual buffers.
constexpr size_t kEvidenceMax = 512 * 1024;

}  // namespace

const char* name_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::kLost:
      return "lost";
    case FaultKind::kDuplicated:
      return "duplicated";
    case FaultKind::kReordered:
      return "reordered";
    case FaultKind::kCrossed:
      return "crossed";
    case FaultKind::kCorrupt:
      return "corrupt";
    case FaultKind::kExtra:
      return "extra";
    case FaultKind::kEarlyEnd:
      return "early-end";
    case FaultKind::kReset:
      return "reset";
    case FaultKind::kHung:
      return "hung";
    case FaultKind::kRefused:
      return "refused";
  }
  return "unknown";
}

void Verifier::take(std::span<const uint8_t> bytes, uint64_t sent) {
  size_t right = 0;
  if (!wrong_) {
    // What was not sent yet cannot be its echo, even if it is guessed right.
    const uint64_t possible = std::min<uint64_t>(bytes.size(), sent - std::min(sent, received_));
    right = pattern_.match(received_, bytes.first(possible));
    if (right < bytes.size()) {
      wrong_ = true;
      wrong_offset_ = received_ + right;
      sent_at_fault_ = sent;
    }
  }
  received_ += bytes.size();
  if (wrong_) {
    const auto rest = bytes.subspan(right);
    const size_t room = kEvidenceMax - std::min(kEvidenceMax, evidence_.size());
    evidence_.insert(evidence_.end(), rest.begin(),
                     rest.begin() + static_cast<std::ptrdiff_t>(std::min(room, rest.size())));
  }
}

bool Verifier::has_evidence() const { return wrong_ && evidence_.size() >= kEvidenceMax; }

Fault Verifier::diagnose() const {
  const std::span<const uint8_t> evidence(evidence_);
  const uint64_t at = wrong_offset_;
  if (at >= sent_at_fault_) {
    return {FaultKind::kExtra, at, evidence.size(),
            fmt::format("{} bytes more than the {} that were sent", evidence.size(), at)};
  }
  for (size_t skip = 0; skip < evidence.size(); ++skip) {
    const auto place = pattern_.find(evidence.subspan(skip));
    if (!place) continue;
    if (place->stream != pattern_.stream()) {
      return {FaultKind::kCrossed, at, 0,
              fmt::format("at offset {} come bytes of another connection, number {}, offset {}", at,
                          place->stream, place->offset)};
    }
    if (skip == 0) return diagnose_shift(place->offset, evidence);
    const bool goes_on = place->offset == at + skip;
    return {FaultKind::kCorrupt, at, skip,
            fmt::format("{} bytes at offset {} are none that were sent{}", skip, at,
                        goes_on ? "" : fmt::format("; then comes offset {}", place->offset))};
  }
  return {
      FaultKind::kCorrupt, at, evidence.size(),
      fmt::format("{} bytes from offset {} on are none that were sent there", evidence.size(), at)};
}

// The bytes at wrong_offset_ are those of `found`, of the same stream.
Fault Verifier::diagnose_shift(uint64_t found, std::span<const uint8_t> evidence) const {
  const uint64_t at = wrong_offset_;
  if (found < at) {
    return {
        FaultKind::kDuplicated, at, at - found,
        fmt::format("{} bytes from offset {} on came again at offset {}", at - found, found, at)};
  }
  // Whatever is missing may come later: look at the start of each run of bytes.
  size_t position = 0;
  while (position < evidence.size()) {
    const auto place = pattern_.find(evidence.subspan(position));
    if (!place) {
      ++position;
      continue;
    }
    if (place->stream == pattern_.stream() && place->offset <= at) {
      return {FaultKind::kReordered, at, found - at,
              fmt::format("{} bytes of offset {} came after those of offset {}", found - at, at,
                          found)};
    }
    const size_t run = Pattern(pattern_).match(place->offset, evidence.subspan(position));
    position += std::max<size_t>(run, 1);
  }
  return {FaultKind::kLost, at, found - at,
          fmt::format("{} bytes lost at offset {}", found - at, at)};
}

}  // namespace torture
