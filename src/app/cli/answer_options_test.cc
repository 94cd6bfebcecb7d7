// The options for all responses: from each place, by path, and every mistake.
#include "app/cli/answer_options.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "app/cli/command_parser.h"
#include "app/cli/serve_options.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const http::AnswerPolicy> policy(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "echod");
  const CommandLine command =
      parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  EXPECT_TRUE(command.serve) << command.text;
  return command.serve ? command.serve->http.policy : nullptr;
}

// The error in a configuration file "f".
std::string mistake_in(std::string_view text) {
  const auto file = parse_config(text);
  if (!file) return "f:" + file.error();
  ServeOptions options;
  return CommandParser(serve_verb(), serve_table(options)).read_file("f", *file).value_or("none");
}

TEST(AnswerOptionsTest, NothingIsTheDefault) {
  EXPECT_EQ(policy({}), nullptr);
  EXPECT_EQ(policy({"--answer-status", "", "--answer-close", "0", "--cors", "off"}), nullptr);
}

TEST(AnswerOptionsTest, Each) {
  const auto all = policy({"--answer-status",   "503:20", "--answer-delay",   "100ms:10,2ms:5",
                           "--answer-size",     "1024",   "--answer-close",   "5%",
                           "--answer-gzip",     "42.7",   "--answer-header",  "X: a, b",
                           "--answer-header",   "Y:1",    "--answer-body",    "hello",
                           "--answer-override", "off",    "--unsafe-answers", "on",
                           "--base-path",       "/echo/"});
  ASSERT_NE(all, nullptr);
  const http::AnswerDefaults& defaults = all->defaults;
  EXPECT_EQ(defaults.status->front().value, 503);
  EXPECT_EQ(defaults.status->front().percentage, 20);
  EXPECT_EQ(defaults.delay->back().value, 2ms);
  EXPECT_EQ(defaults.size->front().value, 1024u);
  EXPECT_EQ(defaults.close, 5);
  EXPECT_EQ(defaults.gzip, 42.7);
  EXPECT_EQ(defaults.fields->front().value, "a, b");
  EXPECT_EQ(defaults.fields->size(), 2u);
  EXPECT_EQ(defaults.body, "hello");
  EXPECT_FALSE(all->clients_override);
  EXPECT_TRUE(all->unsafe);
  EXPECT_EQ(all->base_path, "/echo");
}

TEST(AnswerOptionsTest, Cors) {
  EXPECT_TRUE(policy({"--cors", "any"})->cors.allows_any());
  EXPECT_TRUE(policy({"--cors", "*"})->cors.allows_any());
  EXPECT_EQ(policy({"--cors", "https://A", "--cors", "http://b:1"})->cors.origins(),
            (std::vector<std::string>{"https://a", "http://b:1"}));
}

TEST(AnswerOptionsTest, TablesOfPaths) {
  const auto file = parse_config(
      "answer-status = 500\n[path.\"/a\"] # longer ones come first\nanswer-delay = '1s'\n"
      "[path.'/a/\"b']\nanswer-status = ''\nanswer-header = ['X: 1', 'Y: 2']\n[path.\"/c\"]\n");
  ASSERT_TRUE(file) << file.error();
  ServeOptions options;
  CommandParser parser(serve_verb(), serve_table(options));
  ASSERT_EQ(parser.read_file("f", *file), std::nullopt);
  ASSERT_EQ(parser.path_tables().size(), 3u);
  EXPECT_EQ(parser.path_tables()[1].settings.back().place, "f:6: answer-header");
  const auto policy = policy_of(options.answers);
  ASSERT_EQ(policy->paths.size(), 3u);
  EXPECT_EQ(policy->paths[0].path, "/a/\"b");
  EXPECT_TRUE(policy->paths[0].defaults.status->empty());
  EXPECT_EQ(policy->paths[0].defaults.fields->size(), 2u);
  EXPECT_EQ(policy->paths[0].defaults.delay, std::nullopt);
  EXPECT_EQ(policy->paths[1].defaults.delay->front().value, 1s);
  EXPECT_EQ(policy->paths[1].defaults.status->front().value, 500);
}

TEST(AnswerOptionsTest, MistakesInTables) {
  EXPECT_EQ(mistake_in("[path]"), "f:1: '' is not a path; write [path.\"/slow\"]");
  EXPECT_EQ(mistake_in("[path.\"slow\"]"), "f:1: 'slow' is not a path; write [path.\"/slow\"]");
  EXPECT_EQ(mistake_in("[path.\"/a?b\"]"), "f:1: '/a?b' is not a path; write [path.\"/slow\"]");
  EXPECT_EQ(mistake_in("[path./a]"), "f:1: '[path./a]' is not a table; put the path into quotes");
  EXPECT_EQ(mistake_in("[path.\"/a]"), "f:1: the quotes do not close");
  EXPECT_EQ(mistake_in("[path.\"/a\".b]"), "f:1: '[path.\"/a\".b]' is not a table; write [bench]");
  EXPECT_EQ(mistake_in("[path.\"/a\"]\n[path.\"/a/\"]"), "f:2: the path /a/ has a table already");
  EXPECT_EQ(mistake_in("[path.\"/a\"]\nworkers = 2"), "f:2: a path has no key 'workers'");
  EXPECT_EQ(mistake_in("[path.\"/a\"]\nanswer-dely = 2"),
            "f:2: a path has no key 'answer-dely'; did you mean answer-delay?");
  EXPECT_EQ(mistake_in("[path.\"/a\"]\nanswer-delay = 1\nanswer-delay = 2"),
            "f:3: answer-delay stands in line 2 already");
  EXPECT_EQ(mistake_in("[path.\"/a\"]\n\nanswer-delay = '1x'"),
            "f:3: answer-delay: '1x': expected a duration, such as 150us, 2ms or 0.5s");
  EXPECT_EQ(mistake_in("[path.\"/a\"]\nanswer-delay = 1\n[path.\"/b\"]\nanswer-delay = 1"), "none");
}

TEST(AnswerOptionsTest, TablesAndHeadersAreBounded) {
  std::string text;
  for (size_t i = 0; i <= kPathTablesMax; ++i) text += "[path.\"/" + std::to_string(i) + "\"]\n";
  EXPECT_EQ(mistake_in(text), "f:1001: at most 1000 path tables");
  text = "answer-header = [";
  for (size_t i = 0; i <= kDefaultFieldsMax; ++i) text += "'X: 1',";
  EXPECT_EQ(mistake_in(text + "]"), "f:1: answer-header: at most 100 headers");
}

}  // namespace
}  // namespace echod
