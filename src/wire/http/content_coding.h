// Content codings (RFC 9110 section 8.4.1): their names, and which of them a client prefers
// according to its Accept-Encoding fields (section 12.5.3). content_encoder.h does the compression.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/http/field_list.h"

namespace echod::wire {

enum class ContentCoding : uint8_t {
  kIdentity,  // none
  kGzip,      // RFC 1952
  kDeflate,   // the zlib format (RFC 1950), not DEFLATE alone: RFC 9110 section 8.4.1.2
  kBrotli,    // RFC 7932
  kZstd,      // RFC 8878, with a window within the 8 MiB of RFC 9659
};

inline constexpr ContentCoding kContentCodings[] = {ContentCoding::kIdentity, ContentCoding::kGzip,
                                                    ContentCoding::kDeflate, ContentCoding::kBrotli,
                                                    ContentCoding::kZstd};

// As in Content-Encoding: "identity", "gzip", "deflate", "br", "zstd".
std::string_view name_of(ContentCoding coding);

// The coding of that name, in any case. "x-gzip" is gzip (RFC 9110 section 8.4.1.3).
std::optional<ContentCoding> coding_named(std::string_view name);

// The weight that the Accept-Encoding fields among `fields` give to `coding`, in thousandths: that
// of its name, else that of "*", else 0, which means "do not send it". Malformed members of the
// list are ignored; if two have the same name, the first counts.
//
// Identity is acceptable unless excluded by "identity;q=0", or by "*;q=0" without an identity
// member. If no member matches it, it has the lowest weight, 1. Without any Accept-Encoding field
// it has 1000 and the others 0: the RFC would allow them, but a client that does not ask may not be
// able to decode them.
int coding_weight(FieldList fields, ContentCoding coding);

// The coding with the greatest weight; among equals the first of zstd, br, gzip, deflate, identity.
// Identity if all have 0: the RFC allows that response, and also a 406 if coding_weight() of
// identity is 0.
ContentCoding preferred_coding(FieldList fields);

}  // namespace echod::wire
