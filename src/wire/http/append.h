// Builds a text of several parts.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

namespace echod::wire {

// Appends all of `texts`, none of which is part of `out`, with one look at its capacity.
inline void append_texts(std::string& out, std::initializer_list<std::string_view> texts) {
  const size_t size_before = out.size();
  size_t size = size_before;
  for (const std::string_view text : texts) size += text.size();
  // The size is not taken from the second argument: libstdc++ 12 passes the capacity instead.
  out.resize_and_overwrite(size, [texts, size_before, size](char* begin, size_t) {
    char* end = begin + size_before;
    for (const std::string_view text : texts) end = std::ranges::copy(text, end).out;
    return size;
  });
}

}  // namespace echod::wire
