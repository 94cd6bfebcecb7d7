// What the HTTP load tester sends and wants back, where that is not the usual: POSTs whose bodies
// come back.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace echod {

struct HttpLoad {
  std::string method = "POST";

  // Whether a response's body must be the request's. Else the same request is sent each time, and
  // its response is right where it is complete and its status is expected: for any HTTP server.
  bool echo = true;
  std::string body = {};  // of each request, without `echo`
  bool chunked = false;   // send it in one chunk instead of with a Content-Length

  // Statuses that are right, from and to, each included; empty: 200 to 299.
  std::vector<std::pair<int, int>> statuses = {};

  bool expects(int status) const {
    if (statuses.empty()) return status >= 200 && status <= 299;
    return std::ranges::any_of(statuses, [=](const auto& range) {
      return status >= range.first && status <= range.second;
    });
  }
};

}  // namespace echod
