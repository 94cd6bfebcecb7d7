// Why a request is refused: for people who test protocols the reason is the product.
#pragma once

#include <string_view>

namespace echod::wire {

struct Http1Refusal {
  int status = 0;  // of the response; 0: it is not refused
  std::string_view rule =
      {};  // which rule was broken, as words that never go away: "no Host header"

  explicit operator bool() const { return status != 0; }
};

}  // namespace echod::wire
