#include "protocol/http_routes.h"

#include <array>

#include "protocol/http_events.h"
#include "protocol/http_generated.h"
#include "protocol/httpbin.h"

namespace echod {
namespace {

struct Entry {
  std::string_view path;  // one that ends in "/" takes an argument
  HttpEndpoint endpoint;
};

constexpr std::array kEntries = {
    Entry{"/anything", answer_anything},
    Entry{"/anything/", answer_anything},
    Entry{"/bytes/", answer_bytes},
    Entry{"/delay/", answer_delay},
    Entry{"/drip", answer_drip},
    Entry{"/headers", answer_headers},
    Entry{"/healthz", answer_health},
    Entry{"/ip", answer_ip},
    Entry{"/raw", echo_raw},
    Entry{"/redirect-to", answer_redirect},
    Entry{"/reflect", reflect},
    Entry{"/sse", answer_events},
    Entry{"/status/", answer_status},
    Entry{"/stream-bytes/", answer_stream_bytes},
};

}  // namespace

HttpRoute route_of(std::string_view path) {
  if (path == "/") return {.endpoint = echo_body};
  for (const Entry& entry : kEntries) {
    if (!path.starts_with(entry.path)) continue;
    const std::string_view rest = path.substr(entry.path.size());
    const bool takes_argument = entry.path.ends_with('/');
    if (rest.empty() != takes_argument) return {entry.endpoint, rest};
  }
  if (path.ends_with(".sse")) return {.endpoint = answer_events};
  return {.endpoint = echo_body};
}

}  // namespace echod
