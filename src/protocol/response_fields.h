// Which header fields a client may ask to be answered with (`?header=Name:value`). An answer is
// read by browsers and proxies that trust the server, so a field that changes how the answer is
// framed, what a browser remembers beyond it, where it goes next or what it lets scripts do is
// refused, whoever asks.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace echod {

// "NAME:VALUE" as a field line, "NAME: VALUE\r\n". The whitespace around the value does not count.
// A Content-Type becomes one that no browser runs (wire::safe_content_type). Otherwise what is
// wrong, as a sentence: no token for a name, a byte that a value cannot have (CR, LF and NUL among
// them), or a refused name.
std::expected<std::string, std::string> requested_field(std::string_view text);

// Whether the name is one of those that are never sent for a client.
bool is_refused_field(std::string_view name);

}  // namespace echod
