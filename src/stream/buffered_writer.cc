#include "stream/buffered_writer.h"

namespace echod {
namespace {

// A part up to this size is copied behind what is gathered already: a copy of a few kilobytes costs
// less than a send of its own.
constexpr size_t kGatherMax = 4096;

}  // namespace

Task<> BufferedWriter::write(std::string_view text) {
  while (!text.empty()) {
    if (!gathered_.has_buffer()) gathered_ = co_await buffers_.lease();
    const std::string_view fitting = text.substr(0, gathered_.spare().size());
    gathered_.append(fitting);
    text.remove_prefix(fitting.size());
    if (gathered_.spare().empty()) co_await flush();
  }
}

Task<> BufferedWriter::pass(Chunk& in, std::span<const std::byte> part) {
  const bool ends_chunk = part.data() + part.size() == in.data() + in.size();
  if (part.size() <= kGatherMax || !ends_chunk) {
    co_await write({reinterpret_cast<const char*>(part.data()), part.size()});
    co_return;
  }
  co_await flush();
  in.drop_front(static_cast<size_t>(part.data() - in.data()));
  ECHOD_CHECK(in.size() == part.size());
  co_await peer_.send(std::move(in));
}

Task<> BufferedWriter::flush() {
  if (!gathered_) co_return;
  co_await peer_.send(std::move(gathered_));
}

}  // namespace echod
