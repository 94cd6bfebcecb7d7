// Reads a command line: options with values as people type them, and mistakes answered with one
// line that says what is right. The one place that knows the library for it (3 s to compile).
//
//   CommandParser parser({.name = "echod", .description = ..., .footer = ...});
//   parser.group("Limits");
//   parser.add_count("--queue", 1, 1000, [&](uint64_t n) { options.queue = n; }, "How many (128)");
//   if (auto ended = parser.parse(argc, argv)) return *ended;
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace echod {

// Exit codes, as documented in README.md.
inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;  // at run time
inline constexpr int kExitUsage = 2;    // the command line is wrong

// What is wrong with a value, or nothing.
using Problem = std::optional<std::string>;

class CommandParser {
 public:
  struct Options {
    std::string name;  // as typed: "echod", "echod bench"
    std::string description;
    std::string footer;
    std::vector<std::string> verbs = {};  // for suggestions
  };

  // Prints instead of running: help, the version, or a mistake.
  struct Ending {
    std::string text;
    int exit_code = kExitSuccess;
  };

  // Takes the value of an option. An option given several times counts once, with its last value,
  // so that a script's caller can override it, unless it is repeatable.
  using Reader = std::function<Problem(const std::string& value)>;

  explicit CommandParser(Options options);
  CommandParser(const CommandParser&) = delete;
  CommandParser& operator=(const CommandParser&) = delete;
  ~CommandParser();

  // The heading of the options that follow. Empty: they work, but help does not list them.
  void group(std::string_view heading);

  // Names are "-e,--engine"; mistakes are reported under the long one. Without dashes it is an
  // argument with a place.
  void add(const std::string& names, Reader read, std::string_view metavar,
           const std::string& help);
  void add_repeatable(const std::string& names, Reader read, std::string_view metavar,
                      const std::string& help);
  void add_flag(const std::string& names, std::function<void()> set, const std::string& help);

  void add_duration(const std::string& names, std::function<void(Duration)> set,
                    const std::string& help);
  // 0 is allowed besides, and means what `help` says.
  void add_size(const std::string& names, uint64_t min, uint64_t max,
                std::function<void(uint64_t)> set, const std::string& help);
  void add_count(const std::string& names, uint64_t min, uint64_t max,
                 std::function<void(uint64_t)> set, const std::string& help);

  // A value that is one of `choices`.
  template <typename T>
  void add_choice(const std::string& names, T& target,
                  std::vector<std::pair<std::string, T>> choices, const std::string& help) {
    std::vector<std::string> words;
    words.reserve(choices.size());
    for (const auto& choice : choices) words.push_back(choice.first);
    add_word(
        names, words, [&target, choices](size_t index) { target = choices[index].second; }, help);
  }

  // A verb that may stand first and changes nothing.
  void add_default_verb(const std::string& name, const std::string& help);

  // Nothing: the options are read. Otherwise what to print and how to end.
  std::optional<Ending> parse(int argc, const char* const* argv);

  // After parse(): whether the option called `name` ("--queue") was among the arguments.
  bool given(const std::string& name) const;

  // A mistake found later, in the same words.
  Ending mistake(std::string_view message) const;

 private:
  struct Library;

  void add_word(const std::string& names, std::vector<std::string> words,
                std::function<void(size_t)> set, const std::string& help);
  std::string unknown_argument() const;

  Options options_;
  std::string group_ = "Options";
  bool version_ = false;
  std::unique_ptr<Library> library_;
};

// Prints help and versions on standard output and mistakes on standard error, and returns the exit
// code: that of the ending, or kExitFailure where standard output cannot be written, which is said.
int print_ending(const CommandParser::Ending& ending);

}  // namespace echod
