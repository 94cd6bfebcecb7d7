// Responds to one request, over any version of HTTP.
#pragma once

#include "http/responder.h"
#include "http/router.h"

namespace echod::http {

// From the end of the head to the end of the response: rejects unsupported methods, parses response
// control, applies a requested delay, sends 100 Continue if the client expects it, and runs the
// endpoint. Fails if the connection fails.
Task<> respond(Responder& responder, const Router& router);

// What becomes of a WebSocket handshake.
enum class Handshake : uint8_t {
  kAccept,
  kAcceptAndClose,  // the connection ends after the 101
  kAnswered,        // a response was sent instead
};

// Applies the operator's policy to a WebSocket handshake, before it is checked: outside the base
// path it gets a 404; the default delay delays it; a default status is the response instead of the
// 101;
// --answer-close ends the connection after the 101. Clients' response control and all other
// defaults have no effect on handshakes.
Task<Handshake> admit_handshake(Responder& responder);

}  // namespace echod::http
