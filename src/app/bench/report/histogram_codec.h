// Histograms as text: HdrHistogram's V2 encoding (counters as ZigZag LEB128, runs of zeros as one
// negative number), compressed with zlib, in base64. Lossless, a few kilobytes for a typical run,
// and what every HdrHistogram library reads. Values are nanoseconds.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/histogram.h"

namespace echod {

// Without clipped(), which the format has no place for.
std::string encode_histogram(const Histogram& histogram);

// Safe for any input; takes at most about 2 MB whatever it says. Histograms of other tools are
// taken where their buckets are ours, which is so for lowest value 1 and three significant digits,
// whatever their highest value, as long as nothing above kHistogramMax was counted. All others are
// refused, because moving their counts to our buckets would not be exact. The error says what is
// wrong, to stand after "FILE: " or the like.
std::expected<Histogram, std::string> decode_histogram(std::string_view base64);

// `histogram` with `clipped` of those counted as kHistogramMax marked as clipped (no more than
// there are): what encode_histogram() leaves out.
Histogram with_clipped(const Histogram& histogram, uint64_t clipped);

}  // namespace echod
