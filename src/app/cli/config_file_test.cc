// Configuration files: the TOML that is read, and what each mistake is told.
#include "app/cli/config_file.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace echod {
namespace {

std::vector<std::string> values_of(std::string_view text) {
  const auto file = parse_config(text);
  if (!file) {
    ADD_FAILURE() << text << ": " << file.error();
    return {};
  }
  EXPECT_EQ(file->entries.size(), 1u);
  return file->entries.empty() ? std::vector<std::string>() : file->entries.front().values;
}

std::string mistake_in_file(std::string_view text) {
  const auto file = parse_config(text);
  return file ? "none" : file.error();
}

TEST(ConfigFileTest, Values) {
  using Values = std::vector<std::string>;
  EXPECT_EQ(values_of("a = 10"), Values{"10"});
  EXPECT_EQ(values_of("  a=0.5\r\n"), Values{"0.5"});
  EXPECT_EQ(values_of("a = true # yes"), Values{"true"});
  EXPECT_EQ(values_of("a = \"x # y, z\" # comment"), Values{"x # y, z"});
  EXPECT_EQ(values_of("a = 'C:\\x, y\\'"), Values{"C:\\x, y\\"});
  EXPECT_EQ(values_of(R"(a = "\"\\\t\u00e9\U0001F600")"), Values{"\"\\\t\u00e9\U0001F600"});
  EXPECT_EQ(values_of("a = \"\""), Values{""});
  EXPECT_EQ(values_of("a = []"), Values{});
  EXPECT_EQ(values_of("a = [1, 'b', \"c]\"]"), (Values{"1", "b", "c]"}));
  EXPECT_EQ(values_of("a = [ # first\n  1,\n\n  2, # last\n]\n"), (Values{"1", "2"}));
}

TEST(ConfigFileTest, LinesAndTables) {
  const auto file =
      parse_config("# top\n\nw = 1\nlist = [\n1]\n[bench] # of the load tester\nw = 2");
  ASSERT_TRUE(file) << file.error();
  ASSERT_EQ(file->entries.size(), 3u);
  EXPECT_EQ(file->entries[0].line, 3);
  EXPECT_EQ(file->entries[0].table, "");
  EXPECT_FALSE(file->entries[0].is_array);
  EXPECT_EQ(file->entries[1].line, 4);
  EXPECT_TRUE(file->entries[1].is_array);
  EXPECT_EQ(file->entries[2].line, 7);
  EXPECT_EQ(file->entries[2].table, "bench");
  ASSERT_EQ(file->tables.size(), 1u);
  EXPECT_EQ(file->tables[0].line, 6);
  EXPECT_TRUE(parse_config("")->entries.empty());
}

TEST(ConfigFileTest, Mistakes) {
  EXPECT_EQ(mistake_in_file("a"), "1: 'a' is not `key = value`");
  EXPECT_EQ(mistake_in_file("\n= 2"), "2: '= 2' is not `key = value`");
  EXPECT_EQ(mistake_in_file("a.b = 2"), "1: 'a.b = 2' is not `key = value`");
  EXPECT_EQ(mistake_in_file("a ="), "1: a: a value is missing");
  EXPECT_EQ(mistake_in_file("a = # none"), "1: a: a value is missing");
  EXPECT_EQ(mistake_in_file("a = 10s"), "1: a: put '10s' into quotes");
  EXPECT_EQ(mistake_in_file("a = b c"), "1: a: put 'b c' into quotes");
  EXPECT_EQ(mistake_in_file("a = -1"), "1: a: put '-1' into quotes");
  EXPECT_EQ(mistake_in_file("a = \"x"), "1: a: the quotes do not close");
  EXPECT_EQ(mistake_in_file("a = 'x\n'"), "1: a: the quotes do not close");
  EXPECT_EQ(mistake_in_file("a = \"x\" y"), "1: a: 'y' is left over behind the value");
  EXPECT_EQ(mistake_in_file("a = [1,\n2"), "2: a: the array does not end; close it with ]");
  EXPECT_EQ(mistake_in_file("a = [1\n2]"),
            "2: a: put a comma between the values of an array, and ] behind the last");
  EXPECT_EQ(mistake_in_file("a = [[1]]"), "1: a: put '[1' into quotes");
  EXPECT_EQ(mistake_in_file("a = 1\na = 2"), "2: a stands in line 1 already");
  EXPECT_EQ(mistake_in_file("[a"), "1: '[a' is not a table; write [bench]");
  EXPECT_EQ(mistake_in_file("[[a]]"), "1: '[[a]]' is not a table; write [bench]");
  for (const char* escape : {R"("\x41")", R"("\u12")", R"("\ud800")", R"("\U00110000")"}) {
    EXPECT_TRUE(mistake_in_file(std::string("a = ") + escape).contains("unknown escape")) << escape;
  }
}

TEST(ConfigFileTest, WhatIsWrittenIsReadAgain) {
  EXPECT_EQ(toml_value("10"), "10");
  EXPECT_EQ(toml_value("0"), "0");
  EXPECT_EQ(toml_value("010"), "\"010\"");
  EXPECT_EQ(toml_value("10s"), "\"10s\"");
  EXPECT_EQ(toml_value(""), "\"\"");
  for (const char* text : {"", "a b", "\"it's\"", "\\", "a#b", "[::1]:80", "tab\tnew\nline\x7f",
                           "123456789012345678901234567890", "true"}) {
    EXPECT_EQ(values_of("a = " + toml_value(text)), std::vector<std::string>{text});
  }
}

TEST(ConfigFileTest, Files) {
  EXPECT_EQ(read_config("/no/such/file").error(),
            "cannot read /no/such/file: No such file or directory");
  EXPECT_TRUE(read_config(testing::TempDir()).error().contains("cannot read"));
  EXPECT_TRUE(read_config("/dev/zero").error().contains("larger than 1MiB"));
}

}  // namespace
}  // namespace echod
