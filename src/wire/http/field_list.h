// Header or trailer fields in their order, with their case, their duplicates and the whitespace
// around their values (RFC 9110 section 5). HTTP/1 and HTTP/2 codecs fill the same list.
//
// A list is stored as the text "NAME:VALUE\r\n" of each field, one after the other. That is what
// HTTP/1 receives, so no field is copied there; a codec for another version appends to a
// FieldBuffer, which is one allocation for all fields. Callers iterate and need not know this.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace echod::wire {

struct Field {
  std::string_view name;
  std::string_view raw_value;  // everything between the colon and the end of the line
  std::string_view raw;        // the whole line: NAME:VALUE

  // The value without surrounding whitespace, which is not part of it (RFC 9110 section 5.5).
  std::string_view value() const;
};

// A view of fields, cheap to copy: `for (const Field& field : list)`. The underlying text must
// outlive it.
class FieldList {
 public:
  constexpr FieldList() = default;

  // `lines`: zero or more lines that a decoder has accepted, each ended by CRLF.
  constexpr explicit FieldList(std::string_view lines) : lines_(lines) {}

  bool empty() const { return lines_.empty(); }

  // The text of all fields, as described above.
  constexpr std::string_view text() const { return lines_; }

  class Iterator {
   public:
    explicit Iterator(std::string_view rest);
    const Field& operator*() const { return line_; }
    Iterator& operator++();
    bool operator==(std::nullptr_t) const { return at_end_; }

   private:
    void read();

    std::string_view rest_;  // after the line
    Field line_;
    bool at_end_ = false;
  };

  Iterator begin() const { return Iterator(lines_); }
  std::nullptr_t end() const { return nullptr; }

 private:
  std::string_view lines_;
};

// "NAME: VALUE\r\n". Name and value must be valid as field name and field value: checked.
void append_field(std::string& out, std::string_view name, std::string_view value);

// Builds a list of fields and owns its text.
class FieldBuffer {
 public:
  FieldBuffer() = default;
  explicit FieldBuffer(FieldList fields) : text_(fields.text()) {}

  void add(std::string_view name, std::string_view value) { append_field(text_, name, value); }
  void add(FieldList fields) { text_ += fields.text(); }
  void clear() { text_.clear(); }
  bool empty() const { return text_.empty(); }

  // Valid until the buffer changes.
  FieldList list() const { return FieldList(text_); }

 private:
  std::string text_;
};

// The value of the first field called `name`, in any case; nothing if there is none.
std::optional<std::string_view> field_value(FieldList fields, std::string_view name);

// Whether the list-valued field `name` (or several fields of that name) has the member `token`, in
// any case: `Connection: keep-alive, Upgrade`.
bool has_list_member(FieldList fields, std::string_view name, std::string_view token);

}  // namespace echod::wire
