// What identifies a request in logs.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "wire/http/field_list.h"

namespace echod {

inline constexpr size_t kRequestIdSizeMax = 128;  // bytes

// Whether an X-Request-Id is taken over: 1 to kRequestIdSizeMax letters, digits and "-._~+/=:@",
// which all common kinds consist of (UUID, hexadecimal, Base64, "host:number").
bool is_request_id(std::string_view text);

// The X-Request-Id in `fields`, so that a request has one name in the logs of all servers on its
// way. If there is none, or one that is_request_id() rejects, 32 hexadecimal digits drawn from
// `random`, which is no secret: the name is unique as far as chance allows, and a simulation's is
// the same in each run.
std::string request_id(wire::FieldList fields, Random& random);

}  // namespace echod
