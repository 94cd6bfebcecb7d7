// A description of a request for the client that sent it, exactly as received: the request line,
// the fields with their order, case, duplicates and whitespace, the body's chunks and trailers, and
// the connection. Nothing of the request is hidden from its sender. Of the server, only the
// variables that the operator shows are shown: no file, no other variable, no host name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_writer.h"
#include "http/document.h"
#include "http/environment.h"
#include "stream/session.h"

namespace echod::http {

// What a reflection says about the request's body.
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
  const ShownEnvironment& environment;
  Duration head_duration;  // from the first byte of the head to its last
};

// Whether the client prefers text to JSON: according to its Accept fields or, if they do not
// decide, because it is a terminal program (curl, wget, HTTPie, xh).
bool prefers_text(FieldList fields);

// Writes a JSON document, described in docs/http.md, by `json` to `document`. Bytes that are not
// UTF-8 are treated as ISO 8859-1. All arguments must outlive the task.
Task<> reflect_as_json(Document& document, JsonWriter& json, const ReflectedRequest& request);

// The head and the trailers as received, and the rest as lines of the form "# name: value".
Task<> reflect_as_text(Document& document, const ReflectedRequest& request);

// Reads the body and records what the reflection says about it.
Task<BodyEnd> read_reflected(Responder& responder, ReflectedBody& facts);

// Responds with a description of the complete request, as JSON or text; a browser gets the page at
// "/".
Task<BodyEnd> reflect(Responder& responder, std::string_view argument);

}  // namespace echod::http
