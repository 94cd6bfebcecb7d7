// Why a request is rejected. The reason is sent to the client, because users of an echo server test
// protocols with it.
#pragma once

#include <string_view>

namespace echod::wire {

// Small enough for two registers: it is checked for every byte that is not within a run.
struct Http1Refusal {
  int status = 0;         // of the error response; 0: the request is valid
  const char* text = "";  // which rule was broken, a literal: "there is no Host header"

  std::string_view rule() const { return text; }
  explicit operator bool() const { return status != 0; }
};

}  // namespace echod::wire
