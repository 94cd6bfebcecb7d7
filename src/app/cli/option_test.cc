// The tables of options: every row is whole, its names follow from one, and its default is one that
// could be typed.
#include "app/cli/option.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>

#include "app/cli/command_parser.h"
#include "app/cli/help.h"
#include "app/cli/verbs.h"

namespace echod {
namespace {

// Calls `check` with every row of every table, also those that all verbs share.
void for_each_option(const std::function<void(const Verb&, const Option&)>& check) {
  visit_verbs([&check](const Verb& verb, const OptionTable& own) {
    std::string config_file;
    for (const OptionGroup& group : with_shared_options(verb, own, config_file)) {
      EXPECT_FALSE(group.heading.empty()) << verb.name;
      for (const Option& option : group.options) {
        SCOPED_TRACE(verb.name + " " + std::string(option.name));
        check(verb, option);
      }
    }
  });
}

TEST(OptionTableTest, EveryRowHasHelpOfOneLine) {
  for_each_option([](const Verb&, const Option& option) {
    EXPECT_FALSE(option.help.empty());
    EXPECT_LE(option.help.size(), kHelpSize) << option.help;
    EXPECT_FALSE(option.help.ends_with('.'));
    EXPECT_FALSE(option.help.contains("default"));
    EXPECT_TRUE(option.details.empty() || option.details.ends_with('.'));
  });
}

TEST(OptionTableTest, VariablesFollowFromNames) {
  for_each_option([](const Verb& verb, const Option& option) {
    std::string expected = "ECHOD_";
    if (verb.section && !verb.section->empty()) expected += *verb.section + "_";
    expected += option.name;
    for (char& c : expected) c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
    const std::string variable = variable_of(verb, option);
    const bool has_one = verb.section && !option.hidden && !option.positional && !option.built_in;
    EXPECT_EQ(variable, has_one ? expected : "");
  });
  EXPECT_EQ(variable_of({.section = "bench"}, {.name = "fail-if", .value = {}, .help = ""}),
            "ECHOD_BENCH_FAIL_IF");
}

TEST(OptionTableTest, NamesAreOfOneOption) {
  std::set<std::string> variables;
  std::set<std::string> names;
  std::string verb_name;
  for_each_option([&](const Verb& verb, const Option& option) {
    if (std::exchange(verb_name, verb.name) != verb.name) names.clear();
    for (const char c : option.name) EXPECT_TRUE(c == '-' || (c >= 'a' && c <= 'z'));
    EXPECT_TRUE(option.name.empty() || names.insert(std::string(option.name)).second);
    for (const char letter : option.letters) {
      EXPECT_TRUE(names.insert(std::string(1, letter)).second) << letter;
    }
    const std::string variable = variable_of(verb, option);
    EXPECT_TRUE(variable.empty() || variable == "ECHOD_CONFIG" || variables.insert(variable).second)
        << variable;
  });
}

TEST(OptionTableTest, DefaultsAndExamplesAreValuesThatAreTaken) {
  for_each_option([](const Verb& verb, const Option& option) {
    for (const std::string& value : option.value.defaults) {
      EXPECT_EQ(option.value.read(value), std::nullopt) << value;
    }
    if (!is_setting(verb, option)) return;
    // Without a default, help says what applies, and the example file shows a value.
    const bool has_default = !option.value.defaults.empty();
    EXPECT_NE(default_of(option), "");
    EXPECT_EQ(option.example.empty(), has_default);
    if (has_default) return;
    EXPECT_EQ(option.value.read(std::string(option.example)), std::nullopt);
  });
}

TEST(OptionTableTest, TenOptionsAreCommon) {
  visit_verbs([](const Verb& verb, const OptionTable& table) {
    size_t common = 0;
    size_t all = 0;
    for (const OptionGroup& group : table) {
      for (const Option& option : group.options) {
        common += option.common ? 1 : 0;
        ++all;
      }
    }
    EXPECT_TRUE(common == 10 || (common == 0 && all < 10)) << verb.name << " has " << common;
  });
}

TEST(OptionTableTest, SectionsAreThoseOfTheVerbs) {
  std::set<std::string> sections;
  visit_verbs([&sections](const Verb& verb, const OptionTable&) {
    if (verb.section) sections.insert(*verb.section);
  });
  EXPECT_EQ(sections, (std::set<std::string>(std::begin(kSections), std::end(kSections))));
}

TEST(OptionTableTest, HelpIsNarrow) {
  visit_verbs([](const Verb& verb, const OptionTable& table) {
    for (const std::string& help : {short_help(verb, table), full_help(verb, table)}) {
      for (size_t begin = 0; begin < help.size();) {
        const size_t end = help.find('\n', begin);
        EXPECT_LE(end - begin, 100u) << help.substr(begin, end - begin);
        begin = end + 1;
      }
    }
  });
}

TEST(UnknownVariablesTest, AreToldWithASuggestion) {
  const char* const environment[] = {"ECHOD_WORKRES=2",
                                     "ECHOD_WORKERS=2",
                                     "ECHOD_BENCH_CONECTIONS=1",
                                     "ECHOD_SANITIZED=1",
                                     "ECHOD_CONFIG=a",
                                     "ECHOD=x",
                                     "PATH=/bin",
                                     "ECHOD_PORT=tcp://10.0.0.1:80",
                                     "ECHOD_PORT_80_TCP=tcp://10.0.0.1:80",
                                     "ECHOD_SERVICE_HOST=10.0.0.1",
                                     nullptr};
  EXPECT_EQ(unknown_variables(environment),
            (std::vector<std::string>{
                "unknown variable ECHOD_WORKRES; did you mean ECHOD_WORKERS?",
                "unknown variable ECHOD_BENCH_CONECTIONS; did you mean ECHOD_BENCH_CONNECTIONS?",
                "unknown variable ECHOD_SANITIZED"}));
}

}  // namespace
}  // namespace echod
