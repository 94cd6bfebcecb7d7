// The parts of an HTTP/1.1 response as bytes (RFC 9112): status line and chunk framing. Fields are
// appended by append_field() (wire/http/field_list.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace echod::wire {

// "HTTP/1.1 200 OK\r\n" with the standard reason phrase of `status`, which is from 100 to 599:
// checked.
void append_status_line(std::string& out, int status);

// "Content-Length: 64\r\n".
void append_content_length(std::string& out, uint64_t size);

// The size line before a chunk of `size` > 0 bytes: "1f\r\n" (RFC 9112 section 7.1). The bytes and
// their closing "\r\n" are the caller's.
void append_chunk_size(std::string& out, uint64_t size);

// The last chunk and an empty trailer section: "0\r\n\r\n".
inline constexpr std::string_view kChunkedEnd = "0\r\n\r\n";

}  // namespace echod::wire
