// The operator's settings for HTTP, for all versions.
#pragma once

#include <memory>

#include "base/memory_budget.h"
#include "http/answer_policy.h"
#include "http/control.h"
#include "http/observer.h"

namespace echod::http {

struct Settings {
  ControlSettings control;

  // What the operator lays down for all responses; null: nothing, which costs one test.
  std::shared_ptr<const AnswerPolicy> policy;

  // Called for each request; may be null. Must outlive the server.
  Observer* observer = nullptr;

  // Limits the memory that requests need beyond their connections' buffers; null: no limit. Must
  // outlive the server.
  MemoryBudget* memory = nullptr;
};

}  // namespace echod::http
