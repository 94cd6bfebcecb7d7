// Whether what came back on a connection is what an echo server may answer to what was sent, for
// any bytes: raw, HTTP/1, or neither right. Knows the codecs and nothing of the server's handlers.
#pragma once

#include <string>
#include <string_view>

namespace echod::sim {

struct Exchange {
  std::string_view sent;
  std::string_view received;
  bool raw_port = false;  // sent to where nothing is detected
};

// Whether the bytes sent may be answered as HTTP/1. They are echoed raw all the same where they
// came too slowly for detection.
bool may_be_http(const Exchange& exchange);

// What is wrong with the bytes received so far; empty: nothing. Raw they are a prefix of those
// sent. HTTP/1: well-formed responses, each to a request, in order, whose body is a prefix of the
// request's, or of its bytes, or its reflection; a refusal comes last, and has a reason.
std::string wrong_echo(const Exchange& exchange);

// Where may_be_http() and both sides have ended in order: what is missing at the end; empty:
// nothing.
std::string missing_answers(const Exchange& exchange);

}  // namespace echod::sim
