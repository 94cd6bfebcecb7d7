// What the operator decides for HTTP, whatever its version.
#pragma once

#include "base/memory_budget.h"
#include "http/control.h"
#include "http/observer.h"

namespace echod::http {

struct Settings {
  ControlSettings control;

  // Told of each request; null: nobody is. Must outlive the server.
  Observer* observer = nullptr;

  // Limits what requests make the server keep beyond their connections' buffers; null: nothing
  // does. Must outlive the server.
  MemoryBudget* memory = nullptr;
};

}  // namespace echod::http
