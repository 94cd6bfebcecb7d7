// One question to an echo server, by the load tester's clients: an HTTP request that must be
// answered with a status from 200 to 299, or a few raw bytes that must come back.
#pragma once

#include <expected>
#include <string>

#include "app/health/health_target.h"
#include "base/clock.h"

namespace echod {

// How long the answer took, with connecting; or why the server is not healthy, for people. Ends
// after `timeout` (0: never), but for the resolution of a name.
std::expected<Duration, std::string> check_health(const HealthTarget& target, Duration timeout);

}  // namespace echod
