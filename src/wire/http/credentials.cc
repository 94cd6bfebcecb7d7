#include "wire/http/credentials.h"

#include <algorithm>
#include <array>
#include <string>

#include "wire/http/target.h"

namespace echod::wire {
namespace {

// Short words that occur in harmless ones too ("keyboard", "design", "author", "zipcode"). So they
// count only as the whole name, or with "x" in front.
constexpr std::array kWholeNames = std::to_array<std::string_view>({
    "auth",
    "code",
    "creds",
    "jwt",
    "key",
    "otp",
    "pass",
    "passcode",
    "pwd",
    "session",
    "sid",
    "sig",
});

// Names with these endings belong to secrets, whatever the prefix.
constexpr std::array kEndings = std::to_array<std::string_view>({
    "accesskey", "apikey",     "assertion",   "authkey",      "authorization", "cookie",
    "cookies",   "credential", "credentials", "jsessionid",   "passphrase",    "passwd",
    "password",  "privatekey", "samlrequest", "samlresponse", "secret",        "secretkey",
    "sessionid", "sessionkey", "sharedkey",   "signature",    "signingkey",    "token",
});

// A longer name (as received) is never a credential.
constexpr size_t kNameSizeMax = 256;

bool is_listed(std::string_view letters) {
  const auto is_whole = [=](std::string_view name) {
    return letters == name || (letters.starts_with('x') && letters.substr(1) == name);
  };
  return std::ranges::any_of(kWholeNames, is_whole) ||
         std::ranges::any_of(kEndings,
                             [=](std::string_view end) { return letters.ends_with(end); });
}

std::string letters_of(std::string_view text) {
  std::string letters;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) letters += c;
  }
  return letters;
}

}  // namespace

bool is_credential_name(std::string_view name) {
  if (name.size() > kNameSizeMax) return false;
  const std::string decoded = percent_decoded(name).value_or(std::string(name));
  if (is_listed(letters_of(decoded))) return true;
  const size_t bracket = decoded.rfind('[');
  return bracket != std::string::npos && is_listed(letters_of(decoded.substr(bracket)));
}

}  // namespace echod::wire
