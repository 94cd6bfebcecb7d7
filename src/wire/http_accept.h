// How much a client wants a media type: the Accept field (RFC 9110 section 12.5.1).
#pragma once

#include <string_view>

#include "wire/http1_head.h"

namespace echod::wire {

// The weight that the Accept fields among `fields` give to "TYPE/SUBTYPE", in thousandths: that of
// the most specific range that fits it. 1000 where there is no Accept field; 0 where no range fits.
// Of a malformed range nothing is known, so it fits nothing.
int media_type_weight(FieldLines fields, std::string_view type, std::string_view subtype);

}  // namespace echod::wire
