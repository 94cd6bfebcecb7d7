// Which names belong to credentials: names of headers, and of query and form arguments. This is the
// only list. The access log omits the values of such fields, and error responses do not show them.
// The response to a request with a credential is not compressed, since its size would leak the
// secret (BREACH).
#pragma once

#include <string_view>

namespace echod::wire {

// Case, percent-encoding and everything but letters and digits are ignored: "X-Api-Key", "apikey"
// and "x%5Fapi_key" are one name. In a name with brackets, such as "user[password]", the text in
// the last pair is checked too. A name that ends in a word for a secret matches with any prefix:
// "X-Amz-Security-Token", "client_secret".
bool is_credential_name(std::string_view name);

}  // namespace echod::wire
