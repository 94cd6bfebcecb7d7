// The Date field of HTTP responses (RFC 9110 section 6.6.1), from the wall clock. Deadlines and
// durations come from the monotonic Clock instead (base/clock.h).
#pragma once

#include <chrono>
#include <string>

#include "wire/http/field_list.h"

namespace echod::http {

// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string format_http_date(std::chrono::sys_seconds time);

// The current time as a field, "Date: ..."; formatted once a second on each thread. Valid until the
// thread's next call.
wire::FieldList http_date_field();

}  // namespace echod::http
