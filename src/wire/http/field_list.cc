#include "wire/http/field_list.h"

#include <algorithm>

#include "base/check.h"
#include "wire/http/append.h"
#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

// Removes the line at the front of `text` with its line end, and returns it without the line end.
std::string_view consume_line(std::string_view& text) {
  const size_t size = text.find(kLineEnd);
  ECHOD_CHECK(size != std::string_view::npos);
  const std::string_view line = text.substr(0, size);
  text.remove_prefix(size + kLineEnd.size());
  return line;
}

}  // namespace

std::string_view Field::value() const { return trim(raw_value); }

FieldList::Iterator::Iterator(std::string_view rest) : rest_(rest) { read(); }

FieldList::Iterator& FieldList::Iterator::operator++() {
  read();
  return *this;
}

void FieldList::Iterator::read() {
  at_end_ = rest_.empty();
  if (at_end_) return;
  const std::string_view line = consume_line(rest_);
  const size_t colon = line.find(':');
  ECHOD_CHECK(colon != std::string_view::npos);
  line_ = {.name = line.substr(0, colon), .raw_value = line.substr(colon + 1), .raw = line};
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  ECHOD_CHECK(is_token(name));
  ECHOD_CHECK(is_field_value(value));
  append_texts(out, {name, ": ", value, kLineEnd});
}

std::optional<std::string_view> field_value(FieldList fields, std::string_view name) {
  for (const Field& line : fields) {
    if (equals_ignoring_case(line.name, name)) return line.value();
  }
  return std::nullopt;
}

bool has_list_member(FieldList fields, std::string_view name, std::string_view token) {
  for (const Field& line : fields) {
    if (!equals_ignoring_case(line.name, name)) continue;
    std::string_view list = line.value();
    while (!list.empty()) {
      if (equals_ignoring_case(consume_member(list), token)) return true;
    }
  }
  return false;
}

}  // namespace echod::wire
