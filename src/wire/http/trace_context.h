// The traceparent field of W3C Trace Context, section 3.2: "00-TRACE_ID-PARENT_ID-FLAGS".
#pragma once

#include <optional>
#include <string_view>

#include "wire/http/field_list.h"

namespace echod::wire {

// The parts of a traceparent, in lower-case hexadecimal. Views into the value that was parsed.
struct TraceContext {
  std::string_view version;    // 2 digits, not "ff"
  std::string_view trace_id;   // 32 digits, not all zero
  std::string_view parent_id;  // 16 digits, not all zero
  std::string_view flags;      // 2 digits
  std::string_view text;       // the whole value; it has more behind the flags in later versions
};

// Nothing if `value` does not have that form. Version 00 ends with the flags; in later versions "-"
// and anything may follow (section 3.2.4).
std::optional<TraceContext> parse_traceparent(std::string_view value);

// That of `fields`. Nothing if there is no traceparent, or more than one: it is not a list.
std::optional<TraceContext> trace_context(FieldList fields);

}  // namespace echod::wire
