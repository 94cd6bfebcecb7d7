// Takes apart the bytes of a head or a trailer section that a decoder has accepted
// (RequestDecoder::head_bytes(), trailer_bytes()): the request line, and the field lines in their
// order, with their case, their duplicates and the whitespace around their values. Nothing is
// copied; the views point into the bytes given.
#pragma once

#include <optional>
#include <string_view>

namespace echod::wire {

// One "NAME: VALUE" line. As text it is `name` + ":" + `raw_value`.
struct Field {
  std::string_view name;
  std::string_view raw_value;  // everything between the colon and the CRLF

  // The value without the whitespace around it, which does not count (RFC 9110 section 5.5).
  std::string_view value() const;
};

// `for (Field line : FieldList(bytes))`, in the order of the bytes. They must be zero or more
// lines, each ended by CRLF, and may be followed by an empty one.
class FieldList {
 public:
  explicit FieldList(std::string_view lines) : lines_(lines) {}

  class Iterator {
   public:
    explicit Iterator(std::string_view rest);
    const Field& operator*() const { return line_; }
    Iterator& operator++();
    bool operator==(std::nullptr_t) const { return at_end_; }

   private:
    void read();

    std::string_view rest_;  // behind the line
    Field line_;
    bool at_end_ = false;
  };

  Iterator begin() const { return Iterator(lines_); }
  std::nullptr_t end() const { return nullptr; }

 private:
  std::string_view lines_;
};

// The first line of a head, without its CRLF.
std::string_view request_line_of(std::string_view head_bytes);

// The field lines of a head.
FieldList fields_of(std::string_view head_bytes);

// The value of the first field called `name`, whatever its case; nothing where there is none.
std::optional<std::string_view> field_value(FieldList fields, std::string_view name);

// Whether a field called `name`, a list of tokens (or several such fields), has `token` among its
// members, whatever their case: `Connection: keep-alive, Upgrade`.
bool has_list_member(FieldList fields, std::string_view name, std::string_view token);

}  // namespace echod::wire
