#include "wire/http/multipart.h"

#include <algorithm>
#include <string>

#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

constexpr size_t kBoundarySizeMax = 70;  // RFC 2046 section 5.1.1

// The value of the parameter `name` in "TYPE; a=b; name=\"value\"", without its quotes.
std::optional<std::string_view> parameter(std::string_view text, std::string_view name) {
  size_t end = std::min(text.find(';'), text.size());
  while (end < text.size()) {
    text = trim(text.substr(end + 1));
    const std::string_view key = consume_token(text);
    if (!text.starts_with('=')) return std::nullopt;
    text.remove_prefix(1);
    const bool quoted = text.starts_with('"');
    if (quoted) text.remove_prefix(1);
    // Browsers write an inner quote as "%22", other programs as a quoted pair.
    size_t size = text.find(quoted ? '"' : ';');
    while (quoted && size != std::string_view::npos && size > 0 && text[size - 1] == '\\') {
      size = text.find('"', size + 1);
    }
    if (quoted && size == std::string_view::npos) return std::nullopt;
    const std::string_view value = text.substr(0, size);
    if (equals_ignoring_case(key, name)) return quoted ? value : trim(value);
    text.remove_prefix(std::min(value.size(), text.size()));
    end = std::min(text.find(';'), text.size());
  }
  return std::nullopt;
}

// Reads a part's head and removes it from `text`; the content remains.
std::optional<FormPart> read_head(std::string_view& text) {
  FormPart part;
  bool named = false;
  while (!text.starts_with("\r\n")) {
    const size_t size = text.find("\r\n");
    if (size == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size + 2);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    if (!equals_ignoring_case(line.substr(0, colon), "Content-Disposition")) continue;
    const std::string_view value = trim(line.substr(colon + 1));
    const auto name = parameter(value, "name");
    if (!name) return std::nullopt;
    part.name = *name;
    part.filename = parameter(value, "filename");
    named = true;
  }
  text.remove_prefix(2);
  if (!named) return std::nullopt;
  return part;
}

}  // namespace

std::optional<std::vector<FormPart>> form_parts(std::string_view content_type,
                                                std::string_view body, size_t count_max) {
  const auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kBoundarySizeMax) return std::nullopt;
  const std::string delimiter = "\r\n--" + std::string(*boundary);
  // The first delimiter needs no line end before it, and the preamble is ignored.
  const std::string_view opening = std::string_view(delimiter).substr(2);
  size_t begin = 0;
  if (!body.starts_with(opening)) {
    begin = body.find(delimiter);
    if (begin == std::string_view::npos) return std::nullopt;
    begin += 2;
  }
  body.remove_prefix(begin + opening.size());
  std::vector<FormPart> parts;
  while (!body.starts_with("--")) {
    const size_t line_end = body.find("\r\n");
    if (line_end == std::string_view::npos || !trim(body.substr(0, line_end)).empty() ||
        parts.size() == count_max) {
      return std::nullopt;
    }
    body.remove_prefix(line_end + 2);
    std::optional<FormPart> part = read_head(body);
    if (!part) return std::nullopt;
    const size_t end = body.find(delimiter);
    if (end == std::string_view::npos) return std::nullopt;
    part->content = body.substr(0, end);
    body.remove_prefix(end + delimiter.size());
    parts.push_back(*part);
  }
  return parts;
}

}  // namespace echod::wire
