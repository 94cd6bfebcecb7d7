// The endpoints whose names and JSON shapes are go-httpbin's, so that its users' tests find what
// they look for: names of fields in the form "Content-Type", several values of one name in a list.
#pragma once

#include "http/responder.h"

namespace echod::http {

// /anything, /anything/...: arguments, fields, method, address, URL, and the body as text, form or
// JSON. A body of more than kShownBodySizeMax bytes: 413.
Task<BodyEnd> answer_anything(Responder& responder, std::string_view argument);
inline constexpr size_t kShownBodySizeMax = size_t{256} << 10;

// /delay/{n}: the same after so long; n is a duration, or a number of seconds.
Task<BodyEnd> answer_delay(Responder& responder, std::string_view argument);

// /headers: the fields alone. /ip: the client's address alone.
Task<BodyEnd> answer_headers(Responder& responder, std::string_view argument);
Task<BodyEnd> answer_ip(Responder& responder, std::string_view argument);

// /status/{code}: that status with an empty body. "/status/200:0.9,503:0.1" draws one, each with
// its weight, 1 where none is given.
Task<BodyEnd> answer_status(Responder& responder, std::string_view argument);

// /redirect-to?url=URL&status_code=302: a Location. Where the URL may lead: to a path of this
// server, or over http or https to one of ControlSettings::redirect_hosts; else 403.
Task<BodyEnd> answer_redirect(Responder& responder, std::string_view argument);

// /healthz: 200 while the server serves.
Task<BodyEnd> answer_health(Responder& responder, std::string_view argument);

}  // namespace echod::http
