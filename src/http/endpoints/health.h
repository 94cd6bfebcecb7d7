// Probes on the echo's own listeners.
#pragma once

#include "http/responder.h"

namespace echod::http {

// /healthz, /livez: 200 "ok" while the server serves.
Task<BodyEnd> answer_health(Responder& responder, std::string_view argument);

// /readyz: 200 "ok", or 503 "stopping" from the begin of a shutdown on, while the server still
// accepts and serves (--drain-delay).
Task<BodyEnd> answer_ready(Responder& responder, std::string_view argument);

}  // namespace echod::http
