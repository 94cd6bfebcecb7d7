// A request shown to the client that sent it, exactly as it came: the request line, the fields in
// their order with their case, their duplicates and their whitespace, the body's chunks and
// trailers, and what carried it all. Nothing is hidden from the request's owner, and nothing is
// shown that the request and its connection did not bring: no file, no environment, no host name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "stream/session.h"
#include "wire/http1.h"

namespace echod {

// What is known of a request's body when its reflection is made.
struct ReflectedBody {
  uint64_t size = 0;             // bytes
  std::vector<uint64_t> chunks;  // the sizes of the first kReflectedChunksMax
  std::string trailers;          // the lines of the trailer section, each with its CRLF
};
inline constexpr size_t kReflectedChunksMax = 1000;

struct ReflectedRequest {
  const wire::RequestHead& head;
  std::string_view head_bytes;
  const ReflectedBody& body;
  const Session& session;
  Duration head_duration;  // from the head's first byte to its last
};

// Bytes as text: what is not UTF-8 is shown as if each byte were a character, which loses nothing.
std::string shown_as_text(std::string_view bytes);

// Whether the client would rather read text than JSON: its Accept fields say so or, where they
// leave it open, it is a program of the terminal (curl, wget, HTTPie, xh).
bool prefers_text(std::string_view head_bytes);

// A JSON document, described in docs/http.md. Bytes that are not UTF-8 are taken for ISO 8859-1.
std::string reflect_as_json(const ReflectedRequest& request);

// The head and the trailers as they came, each line of the rest as "# name: value".
std::string reflect_as_text(const ReflectedRequest& request);

}  // namespace echod
