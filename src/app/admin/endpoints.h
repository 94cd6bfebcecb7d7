// The endpoints of the admin interface. Each discards the request's body. JSON ends with a line
// end; docs/admin.md has an example of each.
#pragma once

#include <string_view>

#include "http/responder.h"

namespace echod {

// "/": the paths, what they are and which methods they have, as JSON.
Task<http::BodyEnd> answer_index(http::Responder& responder, std::string_view argument);

// /livez, /healthz: 200 "ok".
Task<http::BodyEnd> answer_live(http::Responder& responder, std::string_view argument);

// /readyz: 200 "ok", or 503 "stopping" from the begin of a shutdown on.
Task<http::BodyEnd> answer_ready(http::Responder& responder, std::string_view argument);

// /version: {"version", "engine"}
Task<http::BodyEnd> answer_version(http::Responder& responder, std::string_view argument);

// /metrics: in the Prometheus text format or OpenMetrics, by Accept.
Task<http::BodyEnd> answer_metrics(http::Responder& responder, std::string_view argument);

// For endpoints: sends `json`, a document without a line end.
Task<http::BodyEnd> answer_json(http::Responder& responder, std::string json);

}  // namespace echod
