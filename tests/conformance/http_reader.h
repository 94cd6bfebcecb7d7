// Reads HTTP/1 responses for tests, simply and strictly, with no code of the server's.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "conformance/client.h"

namespace echod {

struct HttpResponse {
  int status = 0;  // 0: there was no response
  std::string version;
  std::map<std::string, std::string> fields;  // names in lower case
  std::string body;

  // The field's value; empty where there is none.
  std::string field(const std::string& lower_case_name) const;
};

class HttpReader {
 public:
  explicit HttpReader(Client& client) : client_(client) {}

  // The next response. What is wrong with it is reported as a failure of the test.
  HttpResponse read();

  // The same for the answer to a HEAD request, which has no body whatever its fields say.
  HttpResponse read_head();

  // The next `size` bytes, or what comes up to `end` and with it, whatever they are.
  std::string take(size_t size);
  std::string take_until(std::string_view end);

  // Whether the server ends the connection in order, without another byte.
  bool at_end();

 private:
  std::string read_chunked_body();
  bool fill();

  Client& client_;
  std::string unread_;
};

// Sends `request`, then reads its response.
HttpResponse ask(Client& client, std::string_view request);

}  // namespace echod
