// "Did you mean": finds the most similar name for a mistyped one.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace echod {

// How many letters must be inserted, deleted or replaced to turn `a` into `b` (Levenshtein).
inline size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitution, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// The nearest of `names` to `typed`, the first of equals; empty if none is near.
inline std::string nearest(std::string_view typed, const std::vector<std::string>& names) {
  size_t best_distance = 4;  // further away is no suggestion
  std::string best;
  for (const std::string& name : names) {
    const size_t distance = edit_distance(typed, name);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = name;
  }
  return best;
}

// "; did you mean NAME?", or nothing.
inline std::string did_you_mean(std::string_view typed, const std::vector<std::string>& names) {
  const std::string name = nearest(typed, names);
  return name.empty() ? name : "; did you mean " + name + "?";
}

}  // namespace echod
