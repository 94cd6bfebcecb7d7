#include "http/router.h"

namespace echod::http {

Router::Match Router::match(std::string_view path) const {
  for (const Route& route : routes_) {
    const std::string_view pattern = route.pattern;
    if (pattern.starts_with('*')) {
      if (path.ends_with(pattern.substr(1))) return {route.endpoint};
      continue;
    }
    if (!path.starts_with(pattern)) continue;
    const std::string_view rest = path.substr(pattern.size());
    const bool takes_argument = pattern.size() > 1 && pattern.ends_with('/');
    if (rest.empty() != takes_argument) return {route.endpoint, rest};
  }
  return {fallback_};
}

}  // namespace echod::http
