#include "protocol/echo_client.h"

#include <fmt/format.h>

#include <algorithm>

namespace echod {

Result<void> EchoClient::check(std::span<const std::byte> bytes, const wire::Pattern* pattern,
                               uint64_t offset, uint64_t left) {
  const auto wanted = static_cast<size_t>(std::min<uint64_t>(bytes.size(), left));
  if (pattern != nullptr) {
    if (auto at = pattern->first_mismatch(bytes.first(wanted), offset)) {
      return give_up(EchoFault::kCorrupt,
                     fmt::format("wrong byte at offset {}: 0x{:02x} came back for 0x{:02x}",
                                 offset + *at, static_cast<unsigned>(bytes[*at]),
                                 static_cast<unsigned>(pattern->at(offset + *at))));
    }
  }
  if (wanted == bytes.size()) return {};
  return give_up(EchoFault::kCorrupt,
                 fmt::format("{} byte(s) more came back than were sent, at offset {}",
                             bytes.size() - wanted, offset + wanted));
}

}  // namespace echod
