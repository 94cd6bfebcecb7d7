// The access log: whatever a request is made of, its line is one of printable characters within its
// limit, and no argument whose name is a credential's keeps its value. The input is a request's
// head where the decoder takes it for one; as a URL it is tried always.
#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "app/log/access_log_format.h"
#include "app/log/redaction.h"
#include "base/utf8.h"
#include "fuzz_input.h"
#include "wire/http/credentials.h"
#include "wire/http/target.h"
#include "wire/http1/request.h"

namespace echod::fuzz {
namespace {

// Neither C0 nor DEL, nor C1, which UTF-8 writes as C2 80 to C2 9F; and UTF-8.
void check_harmless(std::string_view line) {
  ECHOD_CHECK(std::ranges::none_of(line, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }));
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    ECHOD_CHECK(line[i] != '\xc2' || static_cast<unsigned char>(line[i + 1]) >= 0xa0);
  }
  ECHOD_CHECK(is_utf8(line));
}

void check_line(AccessLogFormat format, const AccessRecord& record) {
  const std::string line = format_access(format, record);
  check_harmless(line);
  ECHOD_CHECK(line.size() <= kAccessLineSizeMax);
  switch (format) {
    case AccessLogFormat::kText:
      ECHOD_CHECK(line.starts_with("[192.0.2.1:5000] ") && line.ends_with(" ms)"));
      break;
    case AccessLogFormat::kJson: {
      const nlohmann::json read = nlohmann::json::parse(line);
      ECHOD_CHECK(read.at("peer") == "192.0.2.1:5000" && read.at("status") == 200);
      ECHOD_CHECK(read.contains("method") == read.contains("target"));
      break;
    }
    case AccessLogFormat::kCombined:
      ECHOD_CHECK(line.starts_with("192.0.2.1 - - ["));
      ECHOD_CHECK(std::ranges::count(line, '"') == 6);
      break;
  }
}

void check_lines(const http::ExchangeFacts& facts) {
  const AccessRecord record{
      .facts = facts, .peer = "192.0.2.1:5000", .connection = 1, .request = 1, .time = {}};
  for (const auto format :
       {AccessLogFormat::kText, AccessLogFormat::kJson, AccessLogFormat::kCombined}) {
    check_line(format, record);
  }
}

void check_redaction(std::string_view url) {
  const std::string redacted = redacted_url(url);
  // (A second redaction may find more: what a value had in it may have ended an authority.)
  // What stands before the query, or all where there is none, changes only by user information.
  if (!url.contains('@') && !url.contains('=')) ECHOD_CHECK(redacted == url);
  std::string_view query = wire::split_target(redacted).query;
  while (!query.empty()) {
    const std::string_view argument = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), argument.size() + 1));
    const size_t equals = argument.find('=');
    if (equals == std::string_view::npos) continue;
    // Where several signs begin an argument, the last one does.
    const std::string_view before = argument.substr(0, equals);
    const std::string_view name = before.substr(before.find_last_of("?#;") + 1);
    if (wire::is_credential_name(name)) ECHOD_CHECK(argument.substr(equals + 1) == kRedacted);
  }
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod;
  const std::string_view text = fuzz::as_text(data, size);
  fuzz::check_redaction(text);

  wire::RequestDecoder decoder{wire::HttpLimits{}};
  std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  http::ExchangeFacts facts;
  facts.status = 200;
  if (decoder.next(input) == wire::RequestDecoder::Event::kHead) {
    facts.request = decoder.head();
  } else {
    facts.request.method = text.substr(0, size / 2);  // what no decoder lets pass
    facts.request.target = text.substr(size / 2);
  }
  fuzz::check_lines(facts);
  return 0;
}
