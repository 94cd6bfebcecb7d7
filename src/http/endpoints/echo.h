// Responses that are the request's own bytes.
#pragma once

#include <string_view>

#include "http/responder.h"

namespace echod::http {

// The body as it comes, in the same chunks; or as many bytes as the client asked for. Without a
// body: reflect().
Task<BodyEnd> echo_body(Responder& responder, std::string_view argument);

// The request's bytes as they came: its head, and its body with all of its framing.
Task<BodyEnd> echo_raw(Responder& responder, std::string_view argument);

}  // namespace echod::http
