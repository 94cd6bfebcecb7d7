#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

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

TEST(JsonWriterTest, DeepLevelsOnOneLine) {
  JsonWriter json(1, "", 2);
  json.begin_object();
  json.name("a");
  json.begin_object();
  json.name("b");
  json.begin_array();
  json.begin_object();
  json.member("c", 1);
  json.member("d", 2);
  json.end_object();
  json.value(3);
  json.end_array();
  json.member("e", true);
  json.end_object();
  json.name("f");
  json.begin_array();
  json.end_array();
  json.end_object();
  EXPECT_EQ(json.take(),
            "{\n \"a\": {\n  \"b\": [{\"c\":1,\"d\":2},3],\n  \"e\": true\n },\n \"f\": []\n}");
}

TEST(JsonWriterTest, Numbers) {
  const auto text_of = [](double number) {
    JsonWriter json(0);
    json.value(number);
    return json.take();
  };
  const std::pair<double, const char*> kNumbers[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1, "1.0"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {99.999, "99.999"},
      {0.0001, "0.0001"},
      {0.000012, "1.2e-05"},
      {1e-5, "1e-05"},
      {123456789012345, "123456789012345.0"},
      {999999999999999, "999999999999999.0"},
      {1e15, "1e+15"},
      {1.25e15, "1.25e+15"},
      {1e300, "1e+300"},
      {5e-324, "5e-324"},
      {1.0 / 3, "0.3333333333333333"},
      {HUGE_VAL, "null"},
      {-HUGE_VAL, "null"},
      {std::nan(""), "null"},
  };
  for (const auto& [number, text] : kNumbers) EXPECT_EQ(text_of(number), text);
}

TEST(JsonWriterTest, AsciiAlone) {
  const auto text_of = [](std::string_view bytes) {
    JsonWriter json(0);
    json.ascii(bytes);
    return json.take();
  };
  EXPECT_EQ(text_of("plain \"text\" \\"), "\"plain \\\"text\\\" \\\\\"");
  EXPECT_EQ(text_of("\b\f\n\r\t\x01\x7f"), "\"\\b\\f\\n\\r\\t\\u0001\\u007f\"");
  EXPECT_EQ(text_of("\u00e9\u20ac\U0001f600"), "\"\\u00e9\\u20ac\\ud83d\\ude00\"");
  EXPECT_EQ(text_of("\xc2\x80"), "\"\\u0080\"");
  EXPECT_EQ(text_of("a\xff\xe2\x82z"), "\"a\\ufffd\\ufffdz\"");
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
