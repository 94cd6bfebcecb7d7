// Where to send, as given on the command line.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "app/bench/bench_options.h"

namespace echod {

// tcp://HOST:PORT, http://HOST[:PORT][/PATH], ws://HOST[:PORT][/PATH], or HOST:PORT for tcp. HOST
// is a name, an IPv4 address or an IPv6 address in brackets. The error says in words what is wrong.
std::expected<BenchTarget, std::string> parse_bench_target(std::string_view url);

}  // namespace echod
