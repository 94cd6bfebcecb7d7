// Works the run's plan out: what the options leave open is decided here.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "app/bench/bench_result.h"
#include "app/bench/load/tester.h"

namespace echod {

// `options` must outlive it. The error is a line for people.
std::expected<BenchSetup, std::string> bench_setup(const BenchOptions& options);

// The addresses to connect from: those given, or, where one loopback address has too few ports for
// `connections` to one loopback port, as many of 127.0.0.0/8 as it takes. Empty: the system's
// choice.
std::expected<std::vector<Endpoint>, std::string> bench_sources(const BenchOptions& options,
                                                                const Endpoint& target);

// The plan as reports state it.
BenchPlan bench_plan(const BenchSetup& setup);

// How long the run measures, or nothing where a number of messages ends it.
std::optional<Duration> bench_duration(const BenchOptions& options);

// How long it runs before it measures.
Duration bench_warm_up(const BenchOptions& options);

}  // namespace echod
