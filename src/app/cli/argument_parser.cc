#include "app/cli/argument_parser.h"

#include <algorithm>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

namespace echod {
namespace {

constexpr int kArgumentsMax = 1 << 20;  // of positional arguments

// The names in CLI11's format: "-c,--connections", "--pin,--no-pin{false}", "files".
std::string library_names(const Option& option) {
  if (option.positional) return std::string(option.name);
  std::string names;
  for (const char letter : option.letters) names += std::string("-") + letter + ",";
  const std::string name(option.name);
  if (option.name.empty()) {
    names.pop_back();
  } else {
    names += "--" + name;
  }
  const bool has_negation = option.value.type == ValueType::kFlag && !option.hidden;
  return has_negation ? names + ",--no-" + name + "{false}" : names;
}

CLI::Option* add_option(CLI::App& app, const Option& option) {
  const std::string names = library_names(option);
  const auto last = CLI::MultiOptionPolicy::TakeLast;
  if (option.value.type == ValueType::kFlag) return app.add_flag(names)->multi_option_policy(last);
  CLI::Option* added = app.add_option(names);
  if (!option.value.is_list) return added->multi_option_policy(last);
  // One value at a time; a positional argument takes all values.
  added->expected(1);
  if (option.positional) added->expected(1, kArgumentsMax)->allow_extra_args();
  return added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void set_up(CLI::App& app, const Verb& verb, bool& version) {
  app.set_help_flag("-h,--help");
  app.set_help_all_flag("--help-all");
  app.add_flag("-V,--version", version);
  if (!verb.is_default) return;
  CLI::App* serve = app.add_subcommand("serve");
  // All options belong to the program, even after the verb. A --help of the verb itself would be
  // ignored.
  serve->fallthrough()->silent()->set_help_flag();
}

}  // namespace

ParsedArguments parse_arguments(const Verb& verb, const OptionTable& table, int argc,
                                const char* const* argv) {
  using Outcome = ParsedArguments::Outcome;
  CLI::App app("", verb.name);
  bool version = false;
  set_up(app, verb, version);
  std::vector<std::pair<const Option*, CLI::Option*>> options;
  for (const OptionGroup& group : table) {
    for (const Option& option : group.options) {
      if (option.built_in) continue;
      CLI::Option* added = add_option(app, option);
      added->envname(variable_of(verb, option));
      options.emplace_back(&option, added);
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return {Outcome::kHelp, {}, {}};
  } catch (const CLI::CallForAllHelp&) {
    return {Outcome::kHelpAll, {}, {}};
  } catch (const CLI::ArgumentMismatch& error) {
    // "--listen: 1 required HOST:PORT missing"
    const std::string_view text = error.what();
    return {Outcome::kNoValue, {}, std::string(text.substr(0, text.find(':')))};
  } catch (const CLI::ExtrasError&) {
    return {Outcome::kUnknown, {}, app.remaining(true).front()};
  } catch (const CLI::ParseError& error) {
    return {Outcome::kMalformed, {}, error.what()};
  }
  if (version) return {Outcome::kVersion, {}, {}};
  ParsedArguments parsed;
  for (const auto& [option, added] : options) {
    if (added->count() == 0) continue;
    // CLI11 records the order of typed options; values from the environment are not in it.
    const bool is_typed = std::ranges::find(app.parse_order(), added) != app.parse_order().end();
    parsed.given.push_back({option, !is_typed, added->results()});
  }
  return parsed;
}

}  // namespace echod
