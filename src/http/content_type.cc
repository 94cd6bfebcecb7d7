#include "http/content_type.h"

#include <algorithm>
#include <array>

#include "wire/http/syntax.h"

namespace echod::http {
namespace {

// Types that no browser runs as a document or a script of the server's origin. Excludes SVG, which
// can contain scripts, and all XML, which can be XHTML.
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

std::string_view safe_content_type(std::string_view requested) {
  std::string_view rest = requested;
  const bool has_type = !wire::consume_token(rest).empty();
  if (!has_type || !rest.starts_with('/')) return kOctetStream;
  rest.remove_prefix(1);
  if (wire::consume_token(rest).empty()) return kOctetStream;
  const std::string_view type = requested.substr(0, requested.size() - rest.size());
  const bool safe = std::ranges::any_of(
      kSafeTypes, [=](std::string_view known) { return wire::equals_ignoring_case(type, known); });
  if (!safe || !wire::consume_parameters(rest) || !rest.empty()) return kOctetStream;
  return requested;
}

}  // namespace echod::http
