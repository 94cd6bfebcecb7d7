// The standard reason phrases of HTTP's statuses (RFC 9110 section 15, RFC 6585).
#pragma once

#include <string_view>

namespace echod::wire {

// "Not Found" for 404; empty for a status that has no standard phrase.
std::string_view reason_phrase(int status);

}  // namespace echod::wire
