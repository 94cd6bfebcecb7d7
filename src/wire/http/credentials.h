// Which names are those of credentials: of header fields, of query and form arguments, of cookies'
// kin. The one list of them: the access log leaves their values out, refusals do not show them, and
// what a request with one is answered is not compressed, since its size would tell of the secret
// (BREACH).
#pragma once

#include <string_view>

namespace echod::wire {

// Case, percent-encoding and everything but letters and digits do not count: "X-Api-Key", "apikey"
// and "x%5Fapi_key" are one name. Of a name with brackets, "user[password]", what is in the last
// ones counts too. A name that ends in what says "secret" is one whatever is in front of it:
// "X-Amz-Security-Token", "client_secret".
bool is_credential_name(std::string_view name);

}  // namespace echod::wire
