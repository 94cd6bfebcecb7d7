#include "base/json_writer.h"

#include <gtest/gtest.h>

namespace echod {
namespace {

void write_sample(JsonWriter& json) {
  json.begin_object();
  json.member("text", "a\"b");
  json.member("number", uint64_t{18446744073709551615u});
  json.member("negative", -1);
  json.member("truth", true);
  json.name("nothing");
  json.null();
  json.name("list");
  json.begin_array();
  json.value(1);
  json.begin_object();
  json.end_object();
  json.begin_array();
  json.end_array();
  json.end_array();
  json.name("literal");
  json.literal("1.50");
  json.end_object();
}

TEST(JsonWriterTest, OnLinesOfTheirOwn) {
  JsonWriter json(2);
  write_sample(json);
  EXPECT_EQ(json.take(),
            "{\n"
            "  \"text\": \"a\\\"b\",\n"
            "  \"number\": 18446744073709551615,\n"
            "  \"negative\": -1,\n"
            "  \"truth\": true,\n"
            "  \"nothing\": null,\n"
            "  \"list\": [\n"
            "    1,\n"
            "    {},\n"
            "    []\n"
            "  ],\n"
            "  \"literal\": 1.50\n"
            "}");
}

TEST(JsonWriterTest, OnOneLine) {
  JsonWriter json(0);
  write_sample(json);
  EXPECT_EQ(json.take(),
            "{\"text\":\"a\\\"b\",\"number\":18446744073709551615,\"negative\":-1,\"truth\":true,"
            "\"nothing\":null,\"list\":[1,{},[]],\"literal\":1.50}");
}

TEST(JsonWriterTest, AValueAlone) {
  JsonWriter json(2);
  json.value("x");
  EXPECT_EQ(json.take(), "\"x\"");
}

TEST(JsonWriterTest, EveryByteOfAString) {
  for (int byte = 0; byte < 256; ++byte) {
    std::string text;
    append_json_string(text, std::string(1, static_cast<char>(byte)));
    if (byte < 0x20 || byte == 0x7f) {
      EXPECT_EQ(text[1], '\\') << byte;
      EXPECT_LE(text.size(), 8u);
    } else if (byte == '"' || byte == '\\') {
      EXPECT_EQ(text, std::string("\"\\") + static_cast<char>(byte) + "\"");
    } else {
      EXPECT_EQ(text, std::string("\"") + static_cast<char>(byte) + "\"");
    }
  }
  std::string text;
  append_json_string(text, "\x01\x1f\x7f\n\r\t");
  EXPECT_EQ(text, "\"\\u0001\\u001f\\u007f\\n\\r\\t\"");
}

}  // namespace
}  // namespace echod
