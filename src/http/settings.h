// The operator's settings for HTTP, for all versions.
#pragma once

#include <memory>

#include "base/memory_budget.h"
#include "http/answer_policy.h"
#include "http/control.h"
#include "http/environment.h"
#include "http/observer.h"

namespace echod::http {

// What the endpoints of a Router share besides these settings, if they need more than the request.
// The router's endpoints know its type; the echo's have none.
struct EndpointContext {
 protected:
  ~EndpointContext() = default;
};

struct Settings {
  ControlSettings control;

  // Shown in every response's X-Echo-Environment, and in reflections.
  ShownEnvironment environment = {};
  // What the operator lays down for all responses; null: nothing, which costs one test.
  std::shared_ptr<const AnswerPolicy> policy;

  // Called for each request; may be null. Must outlive the server.
  Observer* observer = nullptr;

  // Limits the memory that requests need beyond their connections' buffers; null: no limit. Must
  // outlive the server.
  MemoryBudget* memory = nullptr;

  // See above; must outlive the server.
  const EndpointContext* context = nullptr;
};

}  // namespace echod::http
