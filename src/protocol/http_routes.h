// Which answer a request gets: the paths that mean something of their own, and what all others get.
#pragma once

#include <cstdint>

#include "wire/http1.h"

namespace echod {

enum class HttpAnswer : uint8_t {
  kEcho,        // its own body
  kReflection,  // what it looked like, as JSON or text
  kRawRequest,  // its own bytes, head and framing included
};

HttpAnswer answer_to(const wire::RequestHead& head);

}  // namespace echod
