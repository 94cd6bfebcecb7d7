// The requests of the HTTP load tester and the responses it expects, if not the default: POSTs
// whose bodies are echoed.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace echod {

struct HttpLoad {
  std::string method = "POST";

  // Whether a response's body must equal the request's. Otherwise the same request is sent each
  // time, and a complete response with an expected status is correct: for any HTTP server.
  bool echo = true;
  std::string body = {};  // of each request, if not `echo`
  bool chunked = false;   // send it as one chunk instead of with a Content-Length

  // Expected statuses as inclusive ranges; empty: 200 to 299.
  std::vector<std::pair<int, int>> statuses = {};

  bool expects(int status) const {
    if (statuses.empty()) return status >= 200 && status <= 299;
    return std::ranges::any_of(statuses, [=](const auto& range) {
      return status >= range.first && status <= range.second;
    });
  }
};

}  // namespace echod
