// Server-sent events (HTML standard, section 9.2), like go-httpbin's /sse.
#pragma once

#include "http/responder.h"

namespace echod::http {

// /sse?count=10&duration=5s: this many "ping" events, spread over the duration, with the data
// {"id": 0, "timestamp": milliseconds since 1970}. On any other path that ends in ".sse", a
// "request" event with the request's reflection comes first.
Task<BodyEnd> answer_events(Responder& responder, std::string_view argument);

}  // namespace echod::http
