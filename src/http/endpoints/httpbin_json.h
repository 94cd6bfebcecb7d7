// The JSON documents of the endpoints that share go-httpbin's names. They are written as the client
// takes them; what is given must outlive the tasks.
#pragma once

#include <span>
#include <string_view>

#include "http/document.h"

namespace echod::http {

// Arguments of a query, and fields of a form, that a document lists at most: they are put in the
// order of their names, which takes a moment that grows with their number.
inline constexpr size_t kListedArgumentsMax = 4096;

struct AnythingRequest {
  Responder& responder;
  std::span<char> body;  // a form is decoded where it lies
};

// Whether the document can be written: a query or form has at most kListedArgumentsMax arguments.
bool anything_fits(const AnythingRequest& request);

// {"args", "headers", "method", "origin", "url", "data", "files", "form", "json"}. `data` is the
// body: as text where its type is text, JSON or a form, else as a data URL (RFC 2397). A body that
// is not what its type says has no form and null for JSON, and so has one that would need more than
// 4 MiB to show. The trailers of a chunked body are "trailers", which go-httpbin has not.
Task<> write_anything(Document& document, AnythingRequest request);

// {"headers": {"Name": ["value"]}}
Task<> write_headers(Document& document, FieldList fields);

// {"origin": "127.0.0.1"}: without the port.
Task<> write_origin(Document& document, const Session& session);

}  // namespace echod::http
