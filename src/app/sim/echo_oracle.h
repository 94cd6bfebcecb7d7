// Whether the bytes received on a connection are a right response to the bytes sent, for any bytes:
// a raw echo or HTTP/1. Knows the codecs and the table of routes, and none of the server's
// handlers.
#pragma once

#include <string>
#include <string_view>

namespace echod::sim {

struct Transcript {
  std::string_view sent;
  std::string_view received;
  bool raw_port = false;  // sent to the port without detection
};

// Whether the bytes sent may be treated as HTTP/1. They are echoed raw anyway where they came too
// slowly for detection.
bool may_be_http(const Transcript& transcript);

// What is wrong with the bytes received so far; empty: nothing. A raw echo is a prefix of the bytes
// sent. HTTP/1 is a sequence of well-formed responses, one for each request in order, whose body is
// a prefix of the request's body, or of its bytes, or its reflection; an error response comes last,
// and has a reason.
std::string wrong_echo(const Transcript& transcript);

// Where may_be_http() and both sides have closed in order: which response is missing; empty: none.
std::string missing_responses(const Transcript& transcript);

}  // namespace echod::sim
