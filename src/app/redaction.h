// Takes credentials out of a URL before it is logged. What is logged is kept, copied and read by
// people whom its owner never meant; a token in a query string is the usual leak.
#pragma once

#include <string>
#include <string_view>

namespace echod {

inline constexpr std::string_view kRedacted = "REDACTED";

// `url`, a request's target in any form or a Referer, with two things replaced by kRedacted:
//
//   - user information: what stands before the last "@" of an authority, wherever a "//" begins one
//     ("http://user:pass@host/" becomes "http://REDACTED@host/");
//   - the values of arguments whose name is a credential's (is_credential), in the query or a
//     fragment, up to the next "&".
//
// On doubt too much is replaced rather than too little: arguments may also begin behind ";", "?"
// and "#", as some readers have it. A credential in a path is not known as one, nor within a value
// that is percent-encoded as a whole. Takes time and memory linear in the size of `url`.
std::string redacted_url(std::string_view url);

// Whether an argument called `name` (percent-encoded as it came) holds a credential: password,
// passwd, token, access_token, id_token, refresh_token, api_key, apikey, key, secret,
// client_secret, sig, signature, auth or code. Case and everything but letters and digits do not
// count, so that "Api-Key", "token[]" and "%74oken" are credentials too.
bool is_credential(std::string_view name);

}  // namespace echod
