// Which header fields a client may ask to be answered with (`?header=Name:value`). An answer is
// read by browsers and proxies that trust the server, so no field may be asked for that changes how
// the answer is framed, what a browser remembers beyond it, where it goes next or what it lets
// scripts do. New ones of that kind are invented every year: what is allowed is listed, not what is
// refused.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace echod {

// "NAME:VALUE" as a field line, "NAME: VALUE\r\n". The whitespace around the value does not count.
// A Content-Type becomes one that no browser runs (wire::safe_content_type). Otherwise what is
// wrong, as a sentence: no token for a name, a byte that a value cannot have (CR, LF and NUL among
// them), or a name that is not allowed.
std::expected<std::string, std::string> requested_field(std::string_view text);

// Whether it is a name of which a client may have a field: one that begins with "X-" and that
// nobody is known to act on, or one of a few registered ones, such as Retry-After.
bool is_allowed_field(std::string_view name);

}  // namespace echod
