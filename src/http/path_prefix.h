// Prefixes of paths that end at the border of a segment, as in Kubernetes' Ingress (pathType
// Prefix): "/slow" is a prefix of "/slow" and "/slow/x", not of "/slower". Paths are compared as
// they were sent, without decoding "%2F" and the like.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "wire/http/syntax.h"

namespace echod::http {

// Whether `text` is a path that a prefix may have: it begins with "/", and is made of the bytes of
// a target without "?" and "#".
inline bool is_path(std::string_view text) {
  return text.starts_with('/') && wire::all_in_class(text, wire::CharClass::kTarget) &&
         text.find_first_of("?#") == std::string_view::npos;
}

// `prefix` without a "/" at its end; empty for "/".
inline std::string_view without_last_slash(std::string_view prefix) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  return prefix;
}

// What follows `prefix` (without_last_slash) in `path`: empty, or from its "/". Nothing: `path` is
// not below it.
inline std::optional<std::string_view> path_below(std::string_view prefix, std::string_view path) {
  if (!path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  if (!path.empty() && !path.starts_with('/')) return std::nullopt;
  return path;
}

}  // namespace echod::http
