// Server-sent events (HTML standard, section 9.2), as go-httpbin's /sse has them.
#pragma once

#include "http/responder.h"

namespace echod::http {

// /sse?count=10&duration=5s: as many events called "ping", spread over the duration, whose data is
// {"id": 0, "timestamp": milliseconds since 1970}. On any other path, one that ends in ".sse", an
// event called "request" comes first: the request's reflection.
Task<BodyEnd> answer_events(Responder& responder, std::string_view argument);

}  // namespace echod::http
