// /api/v1/limits: the options that can change while the server runs.
#pragma once

#include <string_view>

#include "http/responder.h"

namespace echod {

// GET: each option with its value and source, as JSON. PATCH: changes those that the body names
// (limits_json_reader.h), all of them or none; 400 says why not. A change applies to new
// connections, is logged, and lasts until the next reload (SIGHUP) or the end of the process.
Task<http::BodyEnd> answer_limits(http::Responder& responder, std::string_view argument);

// The largest body of a PATCH, in bytes; beyond: 413.
inline constexpr size_t kLimitsBodySizeMax = 16 * 1024;

}  // namespace echod
