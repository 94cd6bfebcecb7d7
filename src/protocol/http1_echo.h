// The answers that are the request itself: its body, its bytes, or a description of it.
#pragma once

#include <string_view>

#include "protocol/http1_exchange.h"
#include "protocol/http_reflection.h"

namespace echod {

// What an endpoint is: it takes in the request's body and gives the answer. `argument` is what the
// route leaves to it of the path. Fails when the connection does.
using HttpEndpoint = Task<BodyEnd> (*)(Http1Exchange& exchange, std::string_view argument);

// The body as it comes, in the same chunks; or as many bytes as the client asked for. Without a
// body: reflect().
Task<BodyEnd> echo_body(Http1Exchange& exchange, std::string_view argument);

// The request's bytes as they came: its head, and its body with all of its framing.
Task<BodyEnd> echo_raw(Http1Exchange& exchange, std::string_view argument);

// What the request looked like, once it has come to its end, as JSON or text; to a browser at "/"
// the page.
Task<BodyEnd> reflect(Http1Exchange& exchange, std::string_view argument);

// Takes the body in, and keeps what reflections say of it.
Task<BodyEnd> read_reflected(Http1Exchange& exchange, ReflectedBody& facts);

}  // namespace echod
