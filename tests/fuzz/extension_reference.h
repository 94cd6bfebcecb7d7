// Sec-WebSocket-Extensions read once more, another way than in wire/websocket_extensions.cc: first
// into words, then into a list, then judged by counting. What the server must answer to it, as
// text.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http/syntax.h"

namespace echod::fuzz {

// A separator, a space, or a token: as it stands or from a quoted string.
struct Word {
  char kind = 0;  // one of ",;= ", or 't'
  std::string text = {};
  bool quoted = false;
};

// Nothing where a byte belongs to no word.
inline std::optional<std::vector<Word>> words_of(std::string_view text) {
  std::vector<Word> words;
  while (!text.empty()) {
    const char c = text.front();
    if (const std::string_view token = wire::consume_token(text); !token.empty()) {
      words.push_back({.kind = 't', .text = std::string(token)});
      continue;
    }
    text.remove_prefix(1);
    if (c == '"') {
      Word word{.kind = 't', .quoted = true};
      while (!text.empty() && text.front() != '"') {
        if (text.front() == '\\') text.remove_prefix(1);
        if (text.empty()) return std::nullopt;
        word.text += text.front();
        text.remove_prefix(1);
      }
      if (text.empty() || !wire::is_token(word.text)) return std::nullopt;
      text.remove_prefix(1);
      words.push_back(word);
    } else if (c == ' ' || c == '\t') {
      if (words.empty() || words.back().kind != ' ') words.push_back({.kind = ' '});
    } else if (c == ',' || c == ';' || c == '=') {
      words.push_back({.kind = c});
    } else {
      return std::nullopt;
    }
  }
  return words;
}

// Space may stand around commas, semicolons and equals signs and at the ends: it is removed there.
inline std::vector<Word> without_space(const std::vector<Word>& words) {
  const auto separates = [&](size_t i) {
    return i >= words.size() || std::string_view(",;=").contains(words[i].kind);
  };
  std::vector<Word> kept;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool removed = words[i].kind == ' ' && (i == 0 || separates(i - 1) || separates(i + 1));
    if (!removed) kept.push_back(words[i]);
  }
  return kept;
}

// The shape of one element, "t;t=t;t", and what it names.
struct Extension {
  std::string shape;
  std::vector<std::string> names;
  std::multimap<std::string, std::string> values;

  bool well_formed() const {
    std::string_view rest = shape;
    if (!rest.starts_with('t')) return false;
    for (rest.remove_prefix(1); !rest.empty();) {
      if (!rest.starts_with(";t")) return false;
      rest.remove_prefix(2);
      if (rest.starts_with("=t") || rest.starts_with("=q")) rest.remove_prefix(2);
    }
    return true;
  }

  long named(std::string_view name) const {
    return std::ranges::count(names.begin() + 1, names.end(), name);
  }

  // What the server answers to it under the default policy, or nothing.
  std::optional<std::string> answer() const {
    std::string text;
    long known = 0;
    if (names.front() != "permessage-deflate") return std::nullopt;
    for (const char* flag : {"server_no_context_takeover", "client_no_context_takeover"}) {
      if (named(flag) > 1 || values.contains(flag)) return std::nullopt;
      if (named(flag) == 1) text += std::string("; ") + flag;
      known += named(flag);
    }
    for (const char* bits : {"server_max_window_bits", "client_max_window_bits"}) {
      const bool server = *bits == 's';
      if (named(bits) > 1 || (server && named(bits) > static_cast<long>(values.count(bits)))) {
        return std::nullopt;
      }
      known += named(bits);
      const auto value = values.find(bits);
      if (value == values.end()) continue;
      const std::vector<std::string> right = {"15", "14", "13", "12", "11", "10", "9", "8"};
      if (std::ranges::count(right, value->second) == 0) return std::nullopt;
      if (server && value->second == "8") return std::nullopt;
      text += std::string("; ") + bits + "=" + value->second;
    }
    if (known + 1 != static_cast<long>(names.size())) return std::nullopt;
    return "permessage-deflate" + text;
  }
};

// "malformed", "" where every offer is declined, or the answer.
inline std::string expected_answer(std::string_view offers) {
  const auto words = words_of(offers);
  if (!words) return "malformed";
  std::vector<Extension> extensions(1);
  char before = 0;
  for (const Word& word : without_space(*words)) {
    if (word.kind == ',') {
      extensions.emplace_back();
      before = ',';
      continue;
    }
    Extension& extension = extensions.back();
    extension.shape += word.quoted ? 'q' : word.kind;
    if (word.kind == 't' && before == '=' && !extension.names.empty()) {
      extension.values.emplace(extension.names.back(), word.text);
    } else if (word.kind == 't') {
      extension.names.push_back(word.text);
    }
    before = word.kind;
  }
  std::erase_if(extensions, [](const Extension& one) { return one.shape.empty(); });
  if (!std::ranges::all_of(extensions, &Extension::well_formed)) return "malformed";
  for (const Extension& extension : extensions) {
    if (const auto answer = extension.answer()) return *answer;
  }
  return "";
}

}  // namespace echod::fuzz
