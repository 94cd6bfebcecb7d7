#include "wire/http1/response.h"

#include <array>
#include <charconv>

#include "base/check.h"
#include "wire/http/append.h"
#include "wire/http/status.h"

namespace echod::wire {

void append_status_line(std::string& out, int status) {
  ECHOD_CHECK(status >= 100 && status <= 599);
  std::array<char, 3> digits;
  std::to_chars(digits.data(), digits.data() + digits.size(), status);
  // The second space is required even without a phrase (RFC 9112 section 4).
  append_texts(out,
               {"HTTP/1.1 ", {digits.data(), digits.size()}, " ", reason_phrase(status), "\r\n"});
}

void append_content_length(std::string& out, uint64_t size) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size).ptr;
  append_texts(out, {"Content-Length: ", {digits.data(), end}, "\r\n"});
}

void append_chunk_size(std::string& out, uint64_t size) {
  ECHOD_CHECK(size > 0);  // a size of 0 would end the body
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
  out.append(digits.data(), end);
  out += "\r\n";
}

}  // namespace echod::wire
