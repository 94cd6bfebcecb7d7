// Why a request is refused: for people who test protocols the reason is the product.
#pragma once

#include <string_view>

namespace echod::wire {

// Small enough for two registers: it is looked at for every byte that is not within a run.
struct Http1Refusal {
  int status = 0;         // of the response; 0: it is not refused
  const char* text = "";  // which rule was broken, a literal: "there is no Host header"

  std::string_view rule() const { return text; }
  explicit operator bool() const { return status != 0; }
};

}  // namespace echod::wire
