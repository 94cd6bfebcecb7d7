// The JSON documents of the endpoints with go-httpbin's names. They are written at the speed at
// which the client reads. All arguments must outlive the tasks.
#pragma once

#include <span>
#include <string_view>

#include "http/document.h"
#include "http/environment.h"

namespace echod::http {

// Maximum number of query arguments, and of form fields, in a document. They are sorted by name,
// which takes time on the event loop.
inline constexpr size_t kListedArgumentsMax = 4096;

struct AnythingRequest {
  Responder& responder;
  std::span<char> body;  // a form is decoded in place
};

// Whether the document can be written: the query and the form each have at most kListedArgumentsMax
// arguments.
bool anything_fits(const AnythingRequest& request);

// {"args", "headers", "method", "origin", "url", "data", "files", "form", "json"}. `data` is the
// body: as text if its type is text, JSON or a form, else as a data URL (RFC 2397). `form` is empty
// and `json` is null if the body does not match its type, or would need more than 4 MiB. The
// trailers of a chunked body are "trailers", which go-httpbin lacks.
Task<> write_anything(Document& document, AnythingRequest request);

// {"headers": {"Name": ["value"]}}
Task<> write_headers(Document& document, FieldList fields);

// {"env": {"POD_NAME": "web-1"}}, without the variables that are unset.
Task<> write_env(Document& document, const ShownEnvironment& environment);

// {"origin": "127.0.0.1"}, without the port.
Task<> write_origin(Document& document, const Session& session);

}  // namespace echod::http
