// Which header fields a client may ask to be answered with (`?header=Name:value`). A response is
// read by browsers and proxies that trust the server, so no field may be asked for that changes how
// the response is framed, what a browser remembers beyond it, where it goes next, what it lets
// scripts do, or what a proxy makes of the server. New ones of that kind are invented every year:
// what is allowed is listed, not what is refused. An operator who trusts the clients allows more.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http/field_list.h"

namespace echod::http {

// Fields whose names begin so, whatever their case, control the response.
inline constexpr std::string_view kControlPrefix = "X-Echo-";

// The operator's choice (--allow-response-header): "Name", "Prefix*" or "*", in any case.
using AllowedFields = std::vector<std::string>;

// A field that a client may set.
struct RequestedField {
  std::string name;
  std::string value;
};

// "NAME:VALUE" as a field. The whitespace around the value does not count. A Content-Type becomes
// one that no browser runs (safe_content_type). Otherwise what is wrong, as a sentence: no token
// for a name, a byte that a value cannot have (CR, LF and NUL among them), or a name that is not
// allowed.
std::expected<RequestedField, std::string> requested_field(std::string_view text,
                                                           const AllowedFields& allowed = {});

// Whether a client may have a field of that name: X-Test, X-Request-Id, X-Correlation-Id, names
// that begin with X-Test- or X-Echo-, a few registered ones such as Retry-After, and what `allowed`
// says. Never one that frames the response, is for the next hop alone, or is the server's own word.
bool is_allowed_field(std::string_view name, const AllowedFields& allowed = {});

// Whether a request's trailer of that name may come back as a trailer: none that says how the
// response is to be understood, kept or trusted (RFC 9110 section 6.5.1), or is a credential.
bool is_echoed_trailer(std::string_view name);

// Of a request's trailers, those that may come back.
wire::FieldBuffer echoed_trailers(wire::FieldList trailers);

// Fields for a response that echoes a body: how the body is coded (Content-Encoding) and which
// trailers are announced (Trailer), as the request's fields say.
wire::FieldBuffer echoed_fields(wire::FieldList fields);

// Whether `allowed` may have the member `text`: a token, or one with a "*" behind it, or "*".
bool is_allowable_field(std::string_view text);

}  // namespace echod::http
