// The head of an HTTP request as a codec reads it, whichever version of HTTP carried it.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/http/field_list.h"

namespace echod::wire {

enum class HttpVersion : uint8_t { kHttp10, kHttp11 };

// How a body is delimited (RFC 9112 section 6).
enum class BodyFraming : uint8_t { kNone, kContentLength, kChunked };

// The views point into the codec and are valid until its next request.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::string_view version_text;  // as received: "HTTP/1.1"
  FieldList fields;               // in the order received
  std::string_view raw;  // the head's bytes as received; empty if the version has no such text
  std::string_view content_type;  // empty: none
  HttpVersion version = HttpVersion::kHttp11;
  BodyFraming framing = BodyFraming::kNone;
  uint64_t content_length = 0;  // with BodyFraming::kContentLength
  bool keep_alive = true;       // from the version and the Connection field (RFC 9112 section 9.3)

  // Expect: 100-continue with a body: the client may wait for the interim response (RFC 9110
  // section 10.1.1).
  bool expects_continue = false;

  bool has_noted_field = false;     // some name begins with the codec's noted prefix
  bool content_coded = false;       // there is a Content-Encoding
  bool trailers_announced = false;  // there is a Trailer
  bool upgrade_offered = false;     // there is an Upgrade

  bool has_body() const { return framing == BodyFraming::kChunked || content_length > 0; }
};

}  // namespace echod::wire
