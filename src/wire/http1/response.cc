// Writes the parts of a response and judges which Content-Type may be sent back. The writers append
// to a string that the caller keeps; they check their arguments because a CR or LF that slips
// through here is a second response of the attacker's choice.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.h"
#include "wire/http1/request.h"
#include "wire/http1/syntax.h"

namespace echod::wire {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

// RFC 9110 section 15, then RFC 6585.
constexpr std::array<Reason, 48> kReasons = {{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {511, "Network Authentication Required"},
}};

// Types that no browser runs as a document or a script of the answering site. Not SVG, which is an
// image with scripts in it, nor any XML, which can be made XHTML.
constexpr std::array<std::string_view, 39> kSafeTypes = {
    "application/json",
    "application/ld+json",
    "application/octet-stream",
    "application/problem+json",
    "application/x-www-form-urlencoded",
    "audio/aac",
    "audio/flac",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/opus",
    "audio/wav",
    "audio/webm",
    "audio/x-wav",
    "font/collection",
    "font/otf",
    "font/ttf",
    "font/woff",
    "font/woff2",
    "image/apng",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/jpeg",
    "image/jxl",
    "image/png",
    "image/tiff",
    "image/vnd.microsoft.icon",
    "image/webp",
    "image/x-icon",
    "multipart/form-data",
    "text/plain",
    "video/mp4",
    "video/mpeg",
    "video/ogg",
    "video/quicktime",
    "video/webm",
};

constexpr std::string_view kOctetStream = "application/octet-stream";

}  // namespace

void append_status_line(std::string& out, int status) {
  ECHOD_CHECK(status >= 100 && status <= 599);
  std::array<char, 3> digits;
  std::to_chars(digits.data(), digits.data() + digits.size(), status);
  out += "HTTP/1.1 ";
  out.append(digits.data(), digits.size());
  out += ' ';  // required also where no phrase follows (RFC 9112 section 4)
  const auto reason = std::ranges::find(kReasons, status, &Reason::status);
  if (reason != kReasons.end()) out += reason->phrase;
  out += "\r\n";
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  ECHOD_CHECK(is_token(name));
  ECHOD_CHECK(is_field_value(value));
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void append_chunk_size(std::string& out, uint64_t size) {
  ECHOD_CHECK(size > 0);  // a size of 0 would end the body
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
  out.append(digits.data(), end);
  out += "\r\n";
}

std::string_view safe_content_type(std::string_view requested) {
  std::string_view rest = requested;
  const bool has_type = !consume_token(rest).empty();
  if (!has_type || !rest.starts_with('/')) return kOctetStream;
  rest.remove_prefix(1);
  if (consume_token(rest).empty()) return kOctetStream;
  const std::string_view type = requested.substr(0, requested.size() - rest.size());
  const bool safe = std::ranges::any_of(
      kSafeTypes, [=](std::string_view known) { return equals_ignoring_case(type, known); });
  if (!safe || !consume_parameters(rest) || !rest.empty()) return kOctetStream;
  return requested;
}

}  // namespace echod::wire
