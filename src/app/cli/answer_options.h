// The options of `echod serve` for all responses: defaults for response control, CORS, the base
// path. The defaults may also stand in a [path."/slow"] table of the configuration file.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/option.h"
#include "http/answer_policy.h"

namespace echod {

// What the options fill.
struct AnswerOptions {
  http::AnswerPolicy policy;
  std::deque<http::PathDefaults> paths;  // of the tables; a deque, for rows hold references to it
};

// Maximum number of header defaults for a path, and of paths with defaults: every request looks
// through them.
inline constexpr size_t kDefaultFieldsMax = 100;
inline constexpr size_t kPathTablesMax = 1000;

// The group "Answers". `options` must outlive it.
OptionGroup answer_group(AnswerOptions& options);

// The policy, once all sources were read; null if nothing is set.
std::shared_ptr<const http::AnswerPolicy> policy_of(const AnswerOptions& options);

}  // namespace echod
