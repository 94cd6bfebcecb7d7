// Reads a body of type multipart/form-data (RFC 7578, RFC 2046 section 5.1): what an HTML form with
// files sends. The whole body must be in memory; nothing is copied.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace echod::wire {

struct FormPart {
  std::string_view name;
  std::optional<std::string_view> filename;  // present if the part is a file
  std::string_view content;
};

// The parts of `body` in order, at most `count_max`. Nothing if `content_type` has no boundary, if
// the body is malformed (an unterminated part, a malformed part header, a part without a name), or
// if there are more parts. Names are as received, without their quotes.
std::optional<std::vector<FormPart>> form_parts(std::string_view content_type,
                                                std::string_view body, size_t count_max);

}  // namespace echod::wire
