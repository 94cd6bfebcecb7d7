// Responds to one request, over any version of HTTP.
#pragma once

#include "http/responder.h"
#include "http/router.h"

namespace echod::http {

// From the end of the head to the end of the response: rejects unsupported methods, parses response
// control, applies a requested delay, sends 100 Continue if the client expects it, and runs the
// endpoint. Fails if the connection fails.
Task<> respond(Responder& responder, const Router& router);

}  // namespace echod::http
