#include "wire/http/target.h"

#include <algorithm>

namespace echod::wire {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

TargetParts split_target(std::string_view target) {
  const size_t mark = target.find('?');
  TargetParts parts;
  parts.has_query = mark != std::string_view::npos;
  if (parts.has_query) parts.query = target.substr(mark + 1);
  parts.path = target.substr(0, mark);
  constexpr std::string_view kAuthorityBegin = "://";
  const size_t scheme_end = parts.path.find(kAuthorityBegin);
  if (parts.path.starts_with('/') || scheme_end == std::string_view::npos) return parts;
  parts.path.remove_prefix(scheme_end + kAuthorityBegin.size());
  const size_t path_begin = parts.path.find('/');
  parts.path = path_begin == std::string_view::npos ? "/" : parts.path.substr(path_begin);
  return parts;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (plus_is_space && text[i] == '+') {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return decoded;
}

std::string form_decoded(std::string_view text) {
  return percent_decoded(text, true).value_or(std::string(text));
}

std::string_view form_decode_in_place(std::span<char> text) {
  const std::string_view all(text.data(), text.size());
  for (size_t i = all.find('%'); i < all.size(); i = all.find('%', i + 1)) {
    const bool whole =
        all.size() - i > 2 && hex_value(all[i + 1]) >= 0 && hex_value(all[i + 2]) >= 0;
    if (!whole) return all;
  }
  size_t size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') c = ' ';
    if (c == '%') {
      c = static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      i += 2;
    }
    text[size++] = c;
  }
  return all.substr(0, size);
}

std::optional<RawArgument> next_argument(std::string_view& query) {
  while (!query.empty()) {
    const size_t size = std::min(query.find('&'), query.size());
    const std::string_view argument = query.substr(0, size);
    query.remove_prefix(std::min(size + 1, query.size()));
    if (argument.empty()) continue;
    const size_t equals = std::min(argument.find('='), argument.size());
    return RawArgument{.name = argument.substr(0, equals),
                       .value = argument.substr(std::min(equals + 1, argument.size()))};
  }
  return std::nullopt;
}

QueryArguments query_arguments(std::string_view query) {
  QueryArguments arguments;
  while (const auto argument = next_argument(query)) {
    arguments.emplace_back(form_decoded(argument->name), form_decoded(argument->value));
  }
  return arguments;
}

std::optional<std::string> query_argument(std::string_view query, std::string_view name) {
  while (const auto argument = next_argument(query)) {
    if (form_decoded(argument->name) == name) return form_decoded(argument->value);
  }
  return std::nullopt;
}

}  // namespace echod::wire
