// The client's half of HTTP for the tests: responses taken apart without mercy, so that whatever a
// strict client would stumble over fails here.
#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace echod {

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // without Date, which must be there
  std::string body;
  bool chunked = false;

  std::string field(std::string_view name) const {
    for (const auto& [key, value] : fields) {
      if (key == name) return value;
    }
    return "(none)";
  }

  friend bool operator==(const HttpResponse&, const HttpResponse&) = default;
  friend std::ostream& operator<<(std::ostream& out, const HttpResponse& response) {
    out << "{" << response.status;
    for (const auto& [name, value] : response.fields) out << " | " << name << ": " << value;
    return out << " | " << response.body.size() << " bytes}";
  }
};

class HttpResponseReader {
 public:
  explicit HttpResponseReader(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }

  // The next response; `to_head` for the answer to a HEAD, which has no body.
  HttpResponse next(bool to_head = false) {
    HttpResponse response;
    std::string_view status_line = line();
    EXPECT_TRUE(status_line.starts_with("HTTP/1.1 ")) << status_line;
    response.status = static_cast<int>(number(status_line.substr(9, 3), 10));
    if (response.status == 100) {
      EXPECT_EQ(line(), "");
      return response;
    }
    bool dated = false;
    for (std::string_view field = line(); !field.empty(); field = line()) {
      size_t colon = field.find(": ");
      EXPECT_NE(colon, std::string_view::npos) << field;
      if (colon == std::string_view::npos) return response;
      std::string_view name = field.substr(0, colon);
      std::string_view value = field.substr(colon + 2);
      if (name == "Date") {
        EXPECT_FALSE(std::exchange(dated, true));
        EXPECT_TRUE(value.size() == 29 && value.ends_with(" GMT")) << value;
      } else {
        EXPECT_EQ(response.field(name), "(none)") << "twice";
        response.fields.emplace_back(name, value);
      }
    }
    EXPECT_TRUE(dated);
    response.chunked = response.field("Transfer-Encoding") == "chunked";
    bool sized = response.field("Content-Length") != "(none)";
    EXPECT_NE(response.chunked, sized) << "exactly one framing";
    if (!to_head) response.body = response.chunked ? chunked_body() : sized_body(response);
    return response;
  }

 private:
  static uint64_t number(std::string_view text, int base) {
    uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    EXPECT_TRUE(error == std::errc() && end == text.data() + text.size()) << text;
    return value;
  }

  std::string_view line() {
    size_t end = rest_.find("\r\n");
    EXPECT_NE(end, std::string_view::npos) << "a line is cut: " << rest_;
    if (end == std::string_view::npos) return std::exchange(rest_, {});
    std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    return text;
  }

  std::string_view take(uint64_t size) {
    EXPECT_LE(size, rest_.size()) << "a body is cut";
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string sized_body(const HttpResponse& response) {
    return std::string(take(number(response.field("Content-Length"), 10)));
  }

  std::string chunked_body() {
    std::string body;
    while (uint64_t size = number(line(), 16)) {
      if (rest_.empty()) return body;
      body += take(size);
      EXPECT_EQ(line(), "");
    }
    while (!rest_.empty() && !line().empty()) {  // trailers
    }
    return body;
  }

  std::string_view rest_;
};

// All of `bytes` as final responses.
inline std::vector<HttpResponse> responses_in(std::string_view bytes) {
  std::vector<HttpResponse> responses;
  HttpResponseReader reader(bytes);
  while (!reader.empty() && !testing::Test::HasFailure()) {
    HttpResponse response = reader.next();
    if (response.status != 100) responses.push_back(std::move(response));
  }
  return responses;
}

}  // namespace echod
