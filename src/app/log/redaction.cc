#include "app/log/redaction.h"

#include <algorithm>
#include <array>

#include "wire/http/credentials.h"
#include "wire/http/syntax.h"
#include "wire/http/target.h"

namespace echod {
namespace {

constexpr std::string_view kArgumentBegins = "?#&;";

constexpr std::string_view kSlashes = "/\\";

// The size of a scheme with its colon at the front of `url`, where a browser would look for an
// authority behind it; 0 where there is none.
size_t scheme_size(std::string_view url) {
  const size_t colon = url.find_first_of(":/\\?#");
  if (colon == std::string_view::npos || url[colon] != ':') return 0;
  const std::string_view scheme = url.substr(0, colon);
  for (const std::string_view known : {"http", "https", "ws", "wss", "ftp"}) {
    if (wire::equals_ignoring_case(scheme, known)) return colon + 1;
  }
  return 0;
}

// Takes an authority from the front of `url`, and appends it without its user information.
void take_authority(std::string& out, std::string_view& url) {
  const std::string_view authority = url.substr(0, url.find_first_of("/\\?#"));
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return;
  out += kRedacted;
  url.remove_prefix(at);
}

// Appends `url` without the user information of its authorities.
void append_without_userinfo(std::string& out, std::string_view url) {
  if (const size_t size = scheme_size(url); size > 0) {
    const size_t begin = std::min(url.find_first_not_of(kSlashes, size), url.size());
    out += url.substr(0, begin);
    url.remove_prefix(begin);
    take_authority(out, url);
  }
  while (!url.empty()) {
    const size_t slash = url.find_first_of(kSlashes);
    if (slash == std::string_view::npos) break;
    const size_t begin = std::min(url.find_first_not_of(kSlashes, slash), url.size());
    out += url.substr(0, begin);
    url.remove_prefix(begin);
    if (begin - slash > 1) take_authority(out, url);
  }
  out += url;
}

// Whether the value of an argument `header` sets a credential: "Authorization:Bearer x".
bool sets_credential(std::string_view name, std::string_view value) {
  if (wire::form_decoded(name) != "header") return false;
  const std::string field = wire::form_decoded(value);
  return wire::is_credential_name(std::string_view(field).substr(0, field.find(':')));
}

// Appends `url` without the values of its credentials.
void append_without_credentials(std::string& out, std::string_view url) {
  const auto take = [&](size_t size) {
    const std::string_view taken = url.substr(0, size);
    url.remove_prefix(taken.size());
    return taken;
  };
  out += take(url.find_first_of("?#"));
  while (!url.empty()) {
    out += take(1);  // what begins the argument
    const std::string_view name = url.substr(0, url.find_first_of("=?#&;"));
    out += take(name.size());
    const std::string_view value = url.substr(0, url.find('&'));
    if (url.starts_with('=') &&
        (wire::is_credential_name(name) || sets_credential(name, value.substr(1)))) {
      out += take(1);
      out += kRedacted;
      take(value.size() - 1);
    } else {
      out += take(url.find_first_of(kArgumentBegins));
    }
  }
}

}  // namespace

std::string redacted_url(std::string_view url) {
  std::string without_userinfo;
  append_without_userinfo(without_userinfo, url);
  std::string out;
  append_without_credentials(out, without_userinfo);
  return out;
}

std::string redacted_value(std::string_view name, std::string_view value) {
  if (wire::is_credential_name(name)) return std::string(kRedacted);
  // "NAME: VALUE" and "NAME=VALUE", maybe behind a path prefix: "/v1 Authorization: x".
  const size_t sign = value.find_first_of(":=");
  const std::string_view before = value.substr(0, sign);
  const std::string_view field =
      wire::trim(before.substr(before.find_last_of(" \t", before.find_last_not_of(" \t")) + 1));
  if (sign != std::string_view::npos && !field.empty() && wire::is_credential_name(field)) {
    return std::string(value.substr(0, sign + 1)) + std::string(kRedacted);
  }
  return redacted_url(value);
}

}  // namespace echod
