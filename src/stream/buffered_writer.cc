#include "stream/buffered_writer.h"

namespace echod {

Task<> BufferedWriter::write(std::string_view text) {
  if (text.empty()) return Task<>::finished();
  if (!gathered_.has_buffer()) gathered_ = buffers_.lease().value_or(Chunk());
  const bool fits = gathered_.has_buffer() && text.size() < gathered_.spare().size();
  if (!fits) return write_parts(text);
  gathered_.append(text);
  return Task<>::finished();
}

Task<> BufferedWriter::write_parts(std::string_view text) {
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
  if (part.size() <= kCopiedSizeMax || !ends_chunk) {
    return write({reinterpret_cast<const char*>(part.data()), part.size()});
  }
  in.drop_front(static_cast<size_t>(part.data() - in.data()));
  ECHOD_CHECK(in.size() == part.size());
  return send(std::move(in));
}

Task<> BufferedWriter::send(Chunk chunk) {
  co_await flush();
  co_await peer_.send(std::move(chunk));
}

Task<> BufferedWriter::flush() {
  if (!gathered_) return Task<>::finished();
  return peer_.send(std::move(gathered_));
}

}  // namespace echod
