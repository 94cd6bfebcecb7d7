// Which response headers a client may set (`?header=Name:value`). Browsers and proxies trust the
// server, so only listed names may be set; others affect framing, caching, browser state,
// redirects, script permissions, or how a proxy treats the server. The list is an allowlist because
// new headers of that kind appear every year. An operator who trusts the clients can allow more.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http/field_list.h"

namespace echod::http {

// Request headers with this prefix, in any case, control the response.
inline constexpr std::string_view kControlPrefix = "X-Echo-";

// The operator's choice (--allow-response-header): "Name", "Prefix*" or "*", in any case.
using AllowedFields = std::vector<std::string>;

// A field that a client may set.
struct RequestedField {
  std::string name;
  std::string value;
};

// "NAME:VALUE" as a field. Whitespace around the value is ignored. A Content-Type becomes one that
// no browser runs (safe_content_type). The error is a message for the client: the name is not a
// token, the value has an invalid byte (such as CR, LF or NUL), or the name is not allowed.
std::expected<RequestedField, std::string> requested_field(std::string_view text,
                                                           const AllowedFields& allowed = {});

// The same for those who may set any header but those for framing, hop-by-hop headers, and those
// that the server sets itself: the operator (--answer-header), and clients with --unsafe-answers. A
// Content-Type is left as it is.
std::expected<RequestedField, std::string> any_field(std::string_view text);

// Whether a client may set a header of that name: X-Test, X-Request-Id, X-Correlation-Id, names
// that begin with X-Test- or X-Echo-, a few registered ones such as Retry-After, and those in
// `allowed`. Never a header for framing, a hop-by-hop header, or one that the server sets itself.
bool is_allowed_field(std::string_view name, const AllowedFields& allowed = {});

// Whether a request's trailer of that name may be echoed as a trailer. Not allowed: fields that
// affect how the response is interpreted, cached or trusted (RFC 9110 section 6.5.1), and
// credentials.
bool is_echoed_trailer(std::string_view name);

// The request's trailers that may be echoed.
wire::FieldBuffer echoed_trailers(wire::FieldList trailers);

// Fields for a response that echoes a body, copied from the request: the body's coding
// (Content-Encoding) and the announced trailers (Trailer).
wire::FieldBuffer echoed_fields(wire::FieldList fields);

// Whether `text` is a valid member of AllowedFields: a token, a token followed by "*", or "*".
bool is_allowable_field(std::string_view text);

}  // namespace echod::http
