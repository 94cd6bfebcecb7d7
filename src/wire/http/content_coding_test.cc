// Names of codings, and which of them Accept-Encoding fields ask for.
#include "wire/http/content_coding.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace echod::wire {
namespace {

using enum ContentCoding;

std::string accept_encoding(std::string_view value) {
  return "Accept-Encoding: " + std::string(value) + "\r\n";
}

// "identity gzip deflate br zstd", the weight of each.
std::string weights_of(std::string_view fields) {
  std::string text;
  for (const ContentCoding coding : kContentCodings) {
    if (!text.empty()) text += ' ';
    text += std::to_string(coding_weight(FieldList(fields), coding));
  }
  return text;
}

std::string_view preferred_name(std::string_view fields) {
  return name_of(preferred_coding(FieldList(fields)));
}

TEST(ContentCodingTest, NamesAreThoseOfTheRegistry) {
  EXPECT_EQ(name_of(kIdentity), "identity");
  EXPECT_EQ(name_of(kGzip), "gzip");
  EXPECT_EQ(name_of(kDeflate), "deflate");
  EXPECT_EQ(name_of(kBrotli), "br");
  EXPECT_EQ(name_of(kZstd), "zstd");
  for (const ContentCoding coding : kContentCodings)
    EXPECT_EQ(coding_named(name_of(coding)), coding);
  EXPECT_EQ(coding_named("X-GZip"), kGzip);
  EXPECT_EQ(coding_named("BR"), kBrotli);
  for (const std::string_view name : {"", "*", "brotli", "gzip ", "gzi", "compress"}) {
    EXPECT_EQ(coding_named(name), std::nullopt) << name;
  }
}

TEST(ContentCodingTest, WeighsAndPrefersByTheFields) {
  struct Case {
    std::string value;
    std::string weights;  // identity gzip deflate br zstd
    std::string_view preferred;
  };
  const std::vector<Case> cases = {
      {"gzip", "1 1000 0 0 0", "gzip"},
      {"gzip, deflate, br, zstd", "1 1000 1000 1000 1000", "zstd"},
      {"deflate, gzip, br", "1 1000 1000 1000 0", "br"},
      {"deflate, gzip", "1 1000 1000 0 0", "gzip"},
      {"deflate", "1 0 1000 0 0", "deflate"},
      {"gzip;q=1.0, br;q=0.8", "1 1000 0 800 0", "gzip"},
      {"gzip;q=0.001", "1 1 0 0 0", "gzip"},
      {"br;q=0.5,\tzstd ; Q=0.499", "1 0 0 500 499", "br"},
      {"X-GZIP;q=0.3", "1 300 0 0 0", "gzip"},
      {"compress, gzip;q=0.1", "1 100 0 0 0", "gzip"},
      // "*" applies to all codings that are not named, identity included.
      {"*", "1000 1000 1000 1000 1000", "zstd"},
      {"*;q=0.2, br;q=0.1, identity;q=0.3", "300 200 200 100 200", "identity"},
      {"gzip;q=0, *", "1000 0 1000 1000 1000", "zstd"},
      {"*, zstd;q=0, br;q=0, gzip;q=0", "1000 0 1000 0 0", "deflate"},
      // Identity.
      {"", "1 0 0 0 0", "identity"},
      {"identity", "1000 0 0 0 0", "identity"},
      {"identity, gzip;q=0.9", "1000 900 0 0 0", "identity"},
      {"identity, gzip", "1000 1000 0 0 0", "gzip"},
      {"identity;q=0, gzip;q=0.1", "0 100 0 0 0", "gzip"},
      {"identity;q=0", "0 0 0 0 0", "identity"},
      {"*;q=0", "0 0 0 0 0", "identity"},
      {"*;q=0, identity", "1000 0 0 0 0", "identity"},
      {"gzip;q=0", "1 0 0 0 0", "identity"},
      // The first of two counts.
      {"gzip;q=0.2, x-gzip;q=0.4", "1 200 0 0 0", "gzip"},
      {"*;q=0.2, *;q=0.4", "200 200 200 200 200", "zstd"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(weights_of(accept_encoding(one.value)), one.weights) << one.value;
    EXPECT_EQ(preferred_name(accept_encoding(one.value)), one.preferred) << one.value;
  }
}

TEST(ContentCodingTest, PassesOverMalformedMembers) {
  for (const std::string_view value :
       {"gzip;q=2",  "gzip;q=1.001", "gzip;q=0.1234",   "gzip;q=.5",  "gzip;q=",
        "gzip;q",    "gzip;",        "gzip;level=9",    "gzip br",    "gzip=1",
        "\"gzip\"",  "gzip/1",       "gzip*",           ";q=1",       "=",
        "gzip;q=-1", ",,,",          "gzip;q=0.5;;q=1", "gzip;q=1\"", "\x80gzip"}) {
    EXPECT_EQ(weights_of(accept_encoding(value)), "1 0 0 0 0") << value;
    // It does not hide what stands beside it, even of the same coding.
    EXPECT_EQ(weights_of(accept_encoding(std::string(value) + ", gzip;q=0.5,")), "1 500 0 0 0")
        << value;
  }
}

TEST(ContentCodingTest, WithoutAFieldNothingIsEncoded) {
  for (const std::string_view fields : {"", "Accept: gzip\r\nX-Accept-Encoding: gzip\r\n"}) {
    EXPECT_EQ(weights_of(fields), "1000 0 0 0 0");
    EXPECT_EQ(preferred_name(fields), "identity");
  }
}

TEST(ContentCodingTest, SeveralFieldsAreOneList) {
  const std::string fields = "ACCEPT-encoding: gzip;q=0.5\r\nX: y\r\naccept-encoding: br;q=0.7\r\n";
  EXPECT_EQ(weights_of(fields), "1 500 0 700 0");
  EXPECT_EQ(preferred_name(fields), "br");
}

}  // namespace
}  // namespace echod::wire
