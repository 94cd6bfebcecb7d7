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
#include "http/document.h"
#include "stream/session.h"

namespace echod::http {

// What is known of a request's body when its reflection is made.
struct ReflectedBody {
  uint64_t size = 0;             // bytes
  std::vector<uint64_t> chunks;  // the sizes of the first kReflectedChunksMax
  FieldBuffer trailers;
};
inline constexpr size_t kReflectedChunksMax = 1000;

struct ReflectedRequest {
  const Request& head;
  const ReflectedBody& body;
  const Session& session;
  Duration head_duration;  // from the head's first byte to its last
};

// Whether the client would rather read text than JSON: its Accept fields say so or, where they
// leave it open, it is a program of the terminal (curl, wget, HTTPie, xh).
bool prefers_text(FieldList fields);

// Writes a JSON document, described in docs/http.md, by `json` to `document`. Bytes that are not
// UTF-8 are taken for ISO 8859-1. What is given must outlive the task.
Task<> reflect_as_json(Document& document, JsonWriter& json, const ReflectedRequest& request);

// The head and the trailers as they came, each line of the rest as "# name: value".
Task<> reflect_as_text(Document& document, const ReflectedRequest& request);

// Reads the body, and keeps what reflections say of it.
Task<BodyEnd> read_reflected(Responder& responder, ReflectedBody& facts);

// Describes the request to its client once it has come to its end, as JSON or text; to a browser at
// "/" the page.
Task<BodyEnd> reflect(Responder& responder, std::string_view argument);

}  // namespace echod::http
