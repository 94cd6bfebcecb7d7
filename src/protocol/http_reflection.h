// A request shown to the client that sent it, exactly as it came: the request line, the fields in
// their order with their case, their duplicates and their whitespace, the body's chunks and
// trailers, and what carried it all. Nothing is hidden from the request's owner, and nothing is
// shown that the request and its connection did not bring: no file, no environment, no host name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_writer.h"
#include "protocol/http_document.h"
#include "stream/session.h"
#include "wire/http1/request.h"

namespace echod {

// What is known of a request's body when its reflection is made.
struct ReflectedBody {
  uint64_t size = 0;             // bytes
  std::vector<uint64_t> chunks;  // the sizes of the first kReflectedChunksMax
  std::string trailers;          // the lines of the trailer section, each with its CRLF
};
inline constexpr size_t kReflectedChunksMax = 1000;

struct ReflectedRequest {
  const wire::RequestHead& head;
  std::string_view head_bytes;
  const ReflectedBody& body;
  const Session& session;
  Duration head_duration;  // from the head's first byte to its last
};

// Whether the client would rather read text than JSON: its Accept fields say so or, where they
// leave it open, it is a program of the terminal (curl, wget, HTTPie, xh).
bool prefers_text(std::string_view head_bytes);

// Writes a JSON document, described in docs/http.md, by `json` to `document`. Bytes that are not
// UTF-8 are taken for ISO 8859-1. What is given must outlive the task.
Task<> reflect_as_json(HttpDocument& document, JsonWriter& json, const ReflectedRequest& request);

// The head and the trailers as they came, each line of the rest as "# name: value".
Task<> reflect_as_text(HttpDocument& document, const ReflectedRequest& request);

}  // namespace echod
