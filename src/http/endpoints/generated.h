// Answers made of nothing: so many bytes, at once, in chunks or over a time. The names and
// arguments are go-httpbin's.
#pragma once

#include "http/responder.h"

namespace echod::http {

// `size` bytes with a Content-Length: those of `?seed=N`, or of the server's seed (Pattern).
// The request's body is taken in and dropped.
Task<BodyEnd> answer_generated(Responder& responder, uint64_t size);

// /bytes/{n}?seed=N: the same, `argument` being the size.
Task<BodyEnd> answer_bytes(Responder& responder, std::string_view argument);

// /stream-bytes/{n}?seed=N&chunk_size=N: the same bytes in chunks (10 KiB each), sent one by one.
Task<BodyEnd> answer_stream_bytes(Responder& responder, std::string_view argument);

// /drip?numbytes=10&duration=2s&delay=2s&code=200: as many "*", spread over the duration.
Task<BodyEnd> answer_drip(Responder& responder, std::string_view argument);

}  // namespace echod::http
