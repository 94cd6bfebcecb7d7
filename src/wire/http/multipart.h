// Reads a body of type multipart/form-data (RFC 7578, RFC 2046 section 5.1): what an HTML form with
// files sends. For bodies that are held as a whole; nothing is copied.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace echod::wire {

struct FormPart {
  std::string_view name;
  std::optional<std::string_view> filename;  // there: the part is a file
  std::string_view content;
};

// The parts of `body` in their order, at most `count_max`. Nothing where `content_type` names no
// boundary, or the body is not made as RFC 2046 says: a part without its end, a head that is none,
// a part without a name, or more parts than that. Names are as they came, without their quotes.
std::optional<std::vector<FormPart>> form_parts(std::string_view content_type,
                                                std::string_view body, size_t count_max);

}  // namespace echod::wire
