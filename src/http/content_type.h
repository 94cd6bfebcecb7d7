// Which Content-Types the server sends back to whoever follows a link to it.
#pragma once

#include <string_view>

namespace echod::http {

// `requested` where a browser would not run it (plain text, JSON, form data, octets, common images,
// audio, video and fonts), "application/octet-stream" for everything else and for an empty or
// malformed one. Parameters of an accepted type are kept when they are well formed.
std::string_view safe_content_type(std::string_view requested);

}  // namespace echod::http
