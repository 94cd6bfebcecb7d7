// The Accept header: which media types a client prefers (RFC 9110 section 12.5.1). Also the weights
// ("q=") that all such headers share (section 12.4.2).
#pragma once

#include <optional>
#include <string_view>

#include "wire/http/field_list.h"

namespace echod::wire {

// Weights are in thousandths. This is the maximum, and the default if a member has none.
inline constexpr int kFullWeight = 1000;

// The weight of a list member. `parameters` is everything after the range or name: ";q=0.4", or ""
// for the full weight. Nothing if it is malformed. Media ranges may have other parameters, as in
// "application/json;charset=utf-8", which are ignored.
enum class OtherParameters : uint8_t { kMalformed, kPassedOver };
std::optional<int> parse_weight_parameter(std::string_view parameters,
                                          OtherParameters others = OtherParameters::kMalformed);

// The weight that the Accept fields among `fields` give to "TYPE/SUBTYPE", in thousandths: that of
// the most specific range that matches. 1000 if there is no Accept field; 0 if no range matches. A
// malformed range matches nothing. A range of types that end in "+json", such as
// "application/vnd.api+json", matches "application/json" too.
int media_type_weight(FieldList fields, std::string_view type, std::string_view subtype);

}  // namespace echod::wire
