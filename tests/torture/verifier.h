// Compares what comes back with what was sent, and says what is wrong with it: at the first wrong
// byte it begins to collect evidence, from which diagnose() tells loss, repetition, reordering,
// another connection's bytes and plain corruption apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pattern.h"

namespace torture {

enum class FaultKind {
  kLost,        // bytes never came, later ones did
  kDuplicated,  // bytes came again
  kReordered,   // bytes came after later ones
  kCrossed,     // bytes of another connection
  kCorrupt,     // bytes that nobody sent
  kExtra,       // more bytes than were sent
  kEarlyEnd,    // FIN before all bytes, or before the client had finished
  kReset,       // RST instead of bytes or FIN
  kHung,        // nothing moved until the deadline
  kRefused,     // no connection
};

// "lost", "duplicated" ...
const char* name_of(FaultKind kind);

struct Fault {
  FaultKind kind;
  uint64_t offset = 0;  // in the echo: where it went wrong, in bytes
  uint64_t count = 0;   // of bytes it concerns, where that is known
  std::string text;     // all of it, for people
};

class Verifier {
 public:
  explicit Verifier(Pattern pattern) : pattern_(pattern) {}

  // Takes the next bytes of the echo, of which `sent` bytes in all have been sent so far.
  void take(std::span<const uint8_t> bytes, uint64_t sent);

  uint64_t received() const { return received_; }

  // Whether there was a wrong byte; no more is needed to diagnose it once has_evidence().
  bool is_wrong() const { return wrong_; }
  bool has_evidence() const;

  // What is wrong, from what has come since the first wrong byte. is_wrong() holds.
  Fault diagnose() const;

 private:
  Fault diagnose_shift(uint64_t found, std::span<const uint8_t> evidence) const;

  Pattern pattern_;
  uint64_t received_ = 0;
  uint64_t sent_at_fault_ = 0;
  bool wrong_ = false;
  uint64_t wrong_offset_ = 0;
  std::vector<uint8_t> evidence_;
};

}  // namespace torture
