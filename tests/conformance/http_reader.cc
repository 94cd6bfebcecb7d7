#include "conformance/http_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

namespace echod {
namespace {

constexpr size_t kReadSize = 256 * 1024;
constexpr std::string_view kLineEnd = "\r\n";

uint64_t parse_number(std::string_view text, int base) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  EXPECT_TRUE(error == std::errc() && end == text.data() + text.size() && !text.empty())
      << "not a number: '" << text << "'";
  return number;
}

}  // namespace

std::string HttpResponse::field(const std::string& lower_case_name) const {
  auto found = fields.find(lower_case_name);
  return found == fields.end() ? "" : found->second;
}

bool HttpReader::fill() {
  std::vector<char> room(kReadSize);
  Client::Received received = client_.receive_some(room);
  unread_.append(room.data(), received.size);
  return received.status == Client::Status::kBytes;
}

std::string HttpReader::take(size_t size) {
  while (unread_.size() < size) {
    if (fill()) continue;
    ADD_FAILURE() << "wanted " << size << " bytes, but there are only '" << unread_ << "'";
    break;
  }
  std::string taken = unread_.substr(0, size);
  unread_.erase(0, size);
  return taken;
}

std::string HttpReader::take_until(std::string_view end) {
  size_t searched = 0;
  while (true) {
    size_t found = unread_.find(end, searched);
    if (found != std::string::npos) return take(found + end.size());
    searched = unread_.size() > end.size() ? unread_.size() - end.size() : 0;
    if (fill()) continue;
    ADD_FAILURE() << "no end in '" << unread_ << "'";
    return std::exchange(unread_, {});
  }
}

HttpResponse HttpReader::read_head() {
  HttpResponse response;
  std::string line = take_until(kLineEnd);
  if (line.size() < 14 || line.substr(0, 5) != "HTTP/" || line[8] != ' ' || line[12] != ' ') {
    ADD_FAILURE() << "not a status line: '" << line << "'";
    return response;
  }
  response.version = line.substr(0, 8);
  response.status = static_cast<int>(parse_number(std::string_view(line).substr(9, 3), 10));
  while (true) {
    line = take_until(kLineEnd);
    if (line == kLineEnd || line.empty()) break;
    size_t colon = line.find(": ");
    if (colon == std::string::npos) {
      ADD_FAILURE() << "not a field line: '" << line << "'";
      break;
    }
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string value = line.substr(colon + 2, line.size() - colon - 4);
    EXPECT_TRUE(response.fields.emplace(name, value).second) << "twice: " << line;
  }
  if (response.status >= 200) {
    EXPECT_EQ(response.field("date").size(), 29u) << response.field("date");
  }
  return response;
}

HttpResponse HttpReader::read() {
  HttpResponse response = read_head();
  std::string length = response.field("content-length");
  if (response.field("transfer-encoding") == "chunked") {
    EXPECT_EQ(length, "");
    response.body = read_chunked_body();
  } else if (response.status >= 200) {
    response.body = take(parse_number(length, 10));
  }
  return response;
}

std::string HttpReader::read_chunked_body() {
  std::string body;
  while (true) {
    std::string line = take_until(kLineEnd);
    if (!line.ends_with(kLineEnd)) return body;
    size_t size = parse_number(std::string_view(line).substr(0, line.size() - 2), 16);
    if (size == 0) break;
    body += take(size);
    EXPECT_EQ(take(2), kLineEnd);
  }
  for (std::string line = take_until(kLineEnd); line.size() > 2; line = take_until(kLineEnd)) {
  }  // trailers
  return body;
}

bool HttpReader::at_end() {
  return unread_.empty() && !fill() && client_.try_receive(std::span(unread_)) == 0;
}

HttpResponse ask(Client& client, std::string_view request) {
  client.send_all(request);
  return HttpReader(client).read();
}

}  // namespace echod
