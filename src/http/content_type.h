// Which Content-Types a client may make the server send, so that a link to the server cannot run
// code in a browser.
#pragma once

#include <string_view>

namespace echod::http {

// Returns `requested` if a browser would not run it (plain text, JSON, form data, octets, common
// images, audio, video and fonts); "application/octet-stream" for everything else and for an empty
// or malformed type. Well-formed parameters of an accepted type are kept.
std::string_view safe_content_type(std::string_view requested);

}  // namespace echod::http
