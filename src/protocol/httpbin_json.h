// The JSON documents of the endpoints that share go-httpbin's names.
#pragma once

#include <string>
#include <string_view>

#include "stream/session.h"
#include "wire/http1.h"

namespace echod {

struct HttpbinRequest {
  const wire::RequestHead& head;
  std::string_view head_bytes;
  std::string_view body;
  const Session& session;
};

// {"args", "headers", "method", "origin", "url", "data", "files", "form", "json"}. `data` is the
// body: as text where its type is text, JSON or a form, else as a data URL (RFC 2397). A body that
// is not what its type says has no form and null for JSON, and so has one whose levels would take
// more than 4 MiB of spaces to show. Takes time and memory linear in the body's size, but for
// sorting.
std::string anything_as_json(const HttpbinRequest& request);

// {"headers": {"Name": ["value"]}}
std::string headers_as_json(std::string_view head_bytes);

// {"origin": "127.0.0.1"}: without the port.
std::string origin_as_json(const Session& session);

}  // namespace echod
