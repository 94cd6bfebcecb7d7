// How much a client wants a media type: the Accept field (RFC 9110 section 12.5.1); and what all
// such fields have in common, their weights (section 12.4.2).
#pragma once

#include <optional>
#include <string_view>

#include "wire/http/field_list.h"

namespace echod::wire {

// Weights are in thousandths: the most that one can be, and what is meant where none is given.
inline constexpr int kFullWeight = 1000;

// The weight of a list's member, `parameters` being everything behind the range or the name:
// ";q=0.4", "" for the full one. Nothing where it is malformed. Media ranges may have other
// parameters, as in "application/json;charset=utf-8", which do not count.
enum class OtherParameters : uint8_t { kMalformed, kPassedOver };
std::optional<int> parse_weight_parameter(std::string_view parameters,
                                          OtherParameters others = OtherParameters::kMalformed);

// The weight that the Accept fields among `fields` give to "TYPE/SUBTYPE", in thousandths: that of
// the most specific range that fits it. 1000 where there is no Accept field; 0 where no range fits.
// Of a malformed range nothing is known, so it fits nothing. A range of types that end in "+json",
// such as "application/vnd.api+json", fits "application/json" too.
int media_type_weight(FieldList fields, std::string_view type, std::string_view subtype);

}  // namespace echod::wire
