#include "app/redaction.h"

#include <algorithm>
#include <array>

#include "wire/http_target.h"

namespace echod {
namespace {

// Without what is_credential leaves out.
constexpr std::array<std::string_view, 14> kCredentials = {
    "password", "passwd", "token",        "accesstoken", "idtoken",   "refreshtoken", "apikey",
    "key",      "secret", "clientsecret", "sig",         "signature", "auth",         "code"};

// A name longer than this, as it came, is none of those: three bytes for each of their letters, and
// some for what does not count.
constexpr size_t kNameSizeMax = 128;

constexpr std::string_view kArgumentBegins = "?#&;";

// Appends `url` without the user information of its authorities.
void append_without_userinfo(std::string& out, std::string_view url) {
  constexpr std::string_view kAuthorityBegins = "//";
  constexpr std::string_view kAuthorityEnds = "/?#";  // RFC 3986 section 3.2
  while (true) {
    const size_t begin = url.find(kAuthorityBegins);
    if (begin == std::string_view::npos) break;
    const size_t authority_begin = begin + kAuthorityBegins.size();
    out += url.substr(0, authority_begin);
    url.remove_prefix(authority_begin);
    const std::string_view authority = url.substr(0, url.find_first_of(kAuthorityEnds));
    const size_t at = authority.rfind('@');
    if (at == std::string_view::npos) continue;
    out += kRedacted;
    url.remove_prefix(at);
  }
  out += url;
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
    if (url.starts_with('=') && is_credential(name)) {
      out += take(1);
      out += kRedacted;
      take(std::min(url.find('&'), url.size()));
    } else {
      out += take(url.find_first_of(kArgumentBegins));
    }
  }
}

}  // namespace

bool is_credential(std::string_view name) {
  if (name.size() > kNameSizeMax) return false;
  std::string letters;
  for (char c : wire::percent_decoded(name).value_or(std::string(name))) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) letters += c;
  }
  return std::ranges::find(kCredentials, letters) != kCredentials.end();
}

std::string redacted_url(std::string_view url) {
  std::string without_userinfo;
  append_without_userinfo(without_userinfo, url);
  std::string out;
  append_without_credentials(out, without_userinfo);
  return out;
}

}  // namespace echod
