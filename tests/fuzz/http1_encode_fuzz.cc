// What the response writers write, the response decoder reads back: statuses, fields, bodies of
// each framing, several responses on a connection. And which Content-Type is sent back is a safe
// one.
#include <string>
#include <vector>

#include "http/content_type.h"
#include "http1_trace.h"
#include "wire/http/field_list.h"
#include "wire/http/syntax.h"
#include "wire/http1/response.h"

namespace echod::fuzz {
namespace {

struct Response {
  int status = 200;
  bool keep_alive = true;
  std::string body;
};

bool has_body(int status) { return status != 204 && status != 304; }

std::string only(std::string_view text, wire::CharClass wanted) {
  std::string kept;
  for (const char c : text) {
    if (wire::in_class(static_cast<unsigned char>(c), wanted)) kept += c;
  }
  return kept;
}

// What is sent back is what was asked for, or octets, and fits into a field as it is.
std::string_view checked_type(std::string_view asked) {
  const std::string_view type = http::safe_content_type(asked);
  ECHOD_CHECK(type == asked || type == "application/octet-stream");
  ECHOD_CHECK(wire::all_in_class(type, wire::CharClass::kValue));
  ECHOD_CHECK(wire::trim(type) == type);
  ECHOD_CHECK(!type.contains("html") || type.contains(';'));  // in a parameter it is harmless
  return type;
}

Response write_response(FuzzInput& input, std::string& out) {
  Response response;
  const uint8_t flags = input.byte();
  response.status = 200 + static_cast<int>(input.number(2) % 400);
  response.keep_alive = (flags & 1) != 0;
  if ((flags & 2) != 0) out += "HTTP/1.1 100 Continue\r\n\r\n";
  wire::append_status_line(out, response.status);
  for (unsigned i = 0; i < (flags >> 5); ++i) {
    const std::string name = "X-" + only(input.text_until(':'), wire::CharClass::kToken);
    const std::string value = only(input.text_until('\n'), wire::CharClass::kValue);
    wire::append_field(out, name, wire::trim(value));
  }
  wire::append_field(out, "Content-Type", checked_type(input.text_until('\n')));
  if (!response.keep_alive) wire::append_field(out, "Connection", "close");
  if (!has_body(response.status)) {
    out += "\r\n";
  } else if ((flags & 4) != 0) {
    wire::append_field(out, "Transfer-Encoding", "chunked");
    out += "\r\n";
    while (const uint8_t size = input.byte()) {
      const std::string_view part = input.text(size);
      if (part.empty()) break;
      wire::append_chunk_size(out, part.size());
      out.append(part).append("\r\n");
      response.body += part;
    }
    out += wire::kChunkedEnd;
  } else {
    response.body = input.text(input.byte());
    wire::append_field(out, "Content-Length", std::to_string(response.body.size()));
    out.append("\r\n").append(response.body);
  }
  return response;
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod;
  using namespace echod::fuzz;
  FuzzInput input(data, size);
  std::string out;
  std::vector<Response> responses;
  std::vector<size_t> ends;
  while (responses.size() < 4 && !input.empty()) {
    responses.push_back(write_response(input, out));
    ends.push_back(out.size());
  }
  const Trace trace =
      same_for_every_split(out, [] { return TraceReader<wire::ResponseDecoder>({}); });
  ECHOD_CHECK(trace.error.empty());
  ECHOD_CHECK(!trace.in_message);
  ECHOD_CHECK(trace.messages.size() == responses.size());
  for (size_t i = 0; i < responses.size(); ++i) {
    const TracedMessage& read = trace.messages[i];
    ECHOD_CHECK(read.body == responses[i].body);
    ECHOD_CHECK(read.end == ends[i]);
    ECHOD_CHECK(read.start.starts_with(std::to_string(responses[i].status) + " "));
    ECHOD_CHECK(read.start.ends_with(responses[i].keep_alive ? "keep_alive=1" : "keep_alive=0"));
  }
  return 0;
}
