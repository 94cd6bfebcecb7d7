// /api/v1/connections: lists the open connections, and closes one.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/responder.h"

namespace echod {

// GET ?protocol=http/1&peer=127.0.0.1&min_age=10s&sort=age&limit=100: the open connections that
// match all of the parameters. `peer` is an address, with or without its port. `sort`: id (the
// default, ascending), or age, bytes, requests or rate, the largest first. A parameter that is
// unknown or wrong: 400.
Task<http::BodyEnd> answer_connections(http::Responder& responder, std::string_view argument);
inline constexpr size_t kListedConnectionsMax = 1000;  // the largest limit
inline constexpr size_t kListedConnections = 100;      // the default

// GET /{id}: one of them. DELETE /{id} closes it, by a reset. 404 if there is none; 409 for DELETE
// if it has a direct descriptor (--max-connections above the limit of open files).
Task<http::BodyEnd> answer_connection(http::Responder& responder, std::string_view argument);

}  // namespace echod
