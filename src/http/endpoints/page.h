// The page that a browser gets for `GET /` (page.html, compiled in). It explains the server, and
// sends HTTP and WebSocket requests. It is the only response that a browser runs. So it contains
// nothing from any client, and its policy allows only its own script and style.
#pragma once

#include <string_view>

#include "http/exchange.h"

namespace echod::http {

// Whether a request gets the page: a GET or HEAD of "/" without query and body, whose Accept fields
// give text/html more weight than application/json and text/plain. Every browser's fields do;
// "*/*", or no Accept at all, does not. With a `base_path` (AnswerPolicy), "/" is what follows it.
bool wants_http_page(const Request& request, std::string_view base_path = {});

// Whether such a request is for the base path itself, "/echo". The page's links are relative, so
// the browser has to ask for "/echo/".
bool needs_last_slash(const Request& request, std::string_view base_path);

// The page: text/html in UTF-8.
std::string_view http_page();

// The page's Content-Security-Policy. It allows the page's own script and style, by their hashes,
// and connections to this host and port, WebSocket included (CSP level 3, 'self'). It allows
// nothing else, and no framing. Computed by the first call, which throws std::bad_alloc if out of
// memory.
std::string_view http_page_policy();

}  // namespace echod::http
