// The endpoints with go-httpbin's names and JSON shapes, so that tests written for it work here:
// header names in the form "Content-Type", and all values of a name in a list.
#pragma once

#include "http/responder.h"

namespace echod::http {

// /anything, /anything/...: the arguments, headers, method, address, URL, and the body as text,
// form or JSON. A body of more than kShownBodySizeMax bytes: 413.
Task<BodyEnd> answer_anything(Responder& responder, std::string_view argument);
inline constexpr size_t kShownBodySizeMax = size_t{256} << 10;

// /delay/{n}: the same after a delay; n is a duration, or a number of seconds.
Task<BodyEnd> answer_delay(Responder& responder, std::string_view argument);

// /headers: only the headers. /ip: only the client's address.
Task<BodyEnd> answer_headers(Responder& responder, std::string_view argument);
Task<BodyEnd> answer_ip(Responder& responder, std::string_view argument);

// /env: the variables that the operator shows (--show-environment).
Task<BodyEnd> answer_env(Responder& responder, std::string_view argument);

// /status/{code}: returns the given status with an empty body. "/status/200:0.9,503:0.1" draws one
// by weight; the default weight is 1.
Task<BodyEnd> answer_status(Responder& responder, std::string_view argument);

// /redirect-to?url=URL&status_code=302: a redirect. The URL may be a path of this server, or an
// http or https URL of one of ControlSettings::redirect_hosts; else 403.
Task<BodyEnd> answer_redirect(Responder& responder, std::string_view argument);

}  // namespace echod::http
