// Answers one request, whichever version of HTTP carries it.
#pragma once

#include "http/responder.h"
#include "http/router.h"

namespace echod::http {

// From the head's end to the response's end: refuses methods that are not served, reads what the
// client asked its response to be, waits where it asked for a delay, asks for the body where the
// client waits for that, and runs the endpoint. Fails when the connection does.
Task<> respond(Responder& responder, const Router& router);

}  // namespace echod::http
