// Generated responses: a number of bytes, sent at once, in chunks or over time. The names and
// arguments are go-httpbin's.
#pragma once

#include "http/responder.h"

namespace echod::http {

// `size` bytes of a Pattern with a Content-Length. The seed is `?seed=N` or the server's. The
// request's body is discarded.
Task<BodyEnd> answer_generated(Responder& responder, uint64_t size);

// /bytes/{n}?seed=N: the same with the size in `argument`.
Task<BodyEnd> answer_bytes(Responder& responder, std::string_view argument);

// /stream-bytes/{n}?seed=N&chunk_size=N: the same bytes in chunks (10 KiB each), sent one by one.
Task<BodyEnd> answer_stream_bytes(Responder& responder, std::string_view argument);

// /drip?numbytes=10&duration=2s&delay=2s&code=200: this many "*", spread over the duration.
Task<BodyEnd> answer_drip(Responder& responder, std::string_view argument);

}  // namespace echod::http
