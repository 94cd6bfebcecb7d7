// Responses that are the request's own bytes.
#pragma once

#include <string_view>

#include "http/responder.h"

namespace echod::http {

// Echoes the body as it arrives, in the same chunks; or sends as many bytes as the client asked
// for. Without a body: reflect().
Task<BodyEnd> echo_body(Responder& responder, std::string_view argument);

// Echoes the request's exact bytes: its head, and its body with all framing.
Task<BodyEnd> echo_raw(Responder& responder, std::string_view argument);

}  // namespace echod::http
