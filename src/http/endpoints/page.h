// The page that `GET /` shows a browser (http_page.html, compiled in): it explains the server, and
// sends HTTP and WebSocket echoes. It is the only answer that a browser runs, so it contains
// nothing that a client sent, and its policy lets nothing run but what it is made of.
#pragma once

#include <string_view>

#include "http/exchange.h"

namespace echod::http {

// Whether a request is to be answered with the page: a GET or HEAD of "/" without a query and
// without a body, whose Accept fields give text/html more weight than application/json and
// text/plain. Every browser's do; "*/*", or no Accept at all, do not.
bool wants_http_page(const Request& request);

// The page, as text/html in UTF-8.
std::string_view http_page();

// The Content-Security-Policy that belongs to it: the page's own script and style, by their hashes;
// connections to this very host and port, WebSocket included (CSP level 3, 'self'); nothing else,
// and no frame around it. Computed by the first call, which throws std::bad_alloc without memory.
std::string_view http_page_policy();

}  // namespace echod::http
