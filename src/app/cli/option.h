// One option of a verb is one row of the verb's table, and everything that people see of it comes
// from the row: the command line, the ECHOD_* variable, the key in a configuration file, the help,
// docs/options.md, the manual page and the completions of the shells.
//
//   {.name = "header-timeout",
//    .value = as_duration(options.http.head_timeout),
//    .help = "HTTP: maximum time to receive a request head; then 408"},
//
// To add an option, add the member that it fills, whose initialiser is the default, and such a row
// to the group where users look for it; then run scripts/docs. The name says the rest: this one is
// --header-timeout, ECHOD_HEADER_TIMEOUT and `header-timeout = "10s"`.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <expected>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace echod {

// What is wrong with a value, without the option's name: "'x' is not a size". Or nothing.
using Problem = std::optional<std::string>;

enum class ValueType : uint8_t {
  kFlag,  // --NAME and --no-NAME; on or off elsewhere
  kCount,
  kSize,      // bytes
  kDuration,  // see base/parse_duration.h
  kRate,      // a second
  kShare,     // "5%"
  kChoice,    // one of a few words
  kText,
  kFile,  // the name of a file, which the shells complete
};

// What an option takes, and the member that it fills. Made by the functions below; the member must
// outlive it.
struct OptionValue {
  ValueType type = ValueType::kText;
  std::string placeholder;                // in help: "N", "DURATION"
  std::vector<std::string> choices = {};  // all words of a kChoice; of others, words besides
  std::string range = {};                 // "1 to 10000"; empty: the type says enough
  bool is_list = false;                   // may be given several times
  bool is_split = true;                   // a list's variable holds several values, with commas

  // What the member held when the row was made, as it is typed. Empty: no value.
  std::vector<std::string> defaults = {};

  // Reads one value into the member. A list is emptied by `clear` first.
  std::function<Problem(const std::string& value)> read = {};
  std::function<void()> clear = {};
};

struct Option {
  // The long name without dashes, which is the key in a configuration file too. Of an argument with
  // a place ("url", "files"), which has neither variable nor key, a name for error messages.
  std::string_view name;
  std::string_view letters = {};  // short forms: "c" is -c, "dz" are -d and -z

  OptionValue value;

  // One line, at most kHelpSize bytes, without full stop, default and range, which help adds.
  std::string_view help;
  std::string_view details = {};  // sentences for docs/options.md and the manual page

  // What applies without a value, or what the default comes to: "one per CPU".
  std::string default_note = {};
  std::string_view example = {};  // for `config example`, where there is no default

  bool common = false;             // among the ten that --help shows
  bool command_line_only = false;  // neither variable nor key
  bool positional = false;
  bool hidden = false;    // another program's name for an option: works, and is not shown
  bool built_in = false;  // --help and --version, which the parser reads itself
};

inline constexpr size_t kHelpSize = 68;  // bytes; with the names before it a line has 100

struct OptionGroup {
  std::string_view heading;
  std::vector<Option> options;
};

// All options of a verb, in the order in which help shows them.
using OptionTable = std::vector<OptionGroup>;

// What a verb is called and what help says around its options.
struct Verb {
  std::string name = {};  // as typed: "echod bench"
  std::string usage = {};
  std::string summary = {};      // one line
  std::string description = {};  // with examples; ends with a newline
  std::string footer = {};       // ends with a newline

  // Where its settings stand in a configuration file: "" is the top, "bench" the table [bench].
  // Without one it has neither a file nor variables.
  std::optional<std::string> section = {};

  bool is_default = false;                    // the verb that runs where none is named
  std::vector<std::string> subcommands = {};  // for suggestions and completions
};

// The variable of `option`: "ECHOD_MAX_BODY", "ECHOD_BENCH_SIZE". Empty: it has none.
std::string variable_of(const Verb& verb, const Option& option);

// The tables of a configuration file; "" is its top. Each belongs to a verb.
inline constexpr std::string_view kSections[] = {"", "bench", "sim"};

// Whether the option may stand in a configuration file.
bool is_setting(const Verb& verb, const Option& option);

// --- Values -------------------------------------------------------------------------------------

// --NAME turns it on, --no-NAME off.
OptionValue as_flag(bool& member);

// A flag of the command line alone, such as another program's name for an option.
OptionValue as_action(std::function<void()> action);

// A whole number, in each spelling of a size.
OptionValue as_count_of(uint64_t min, uint64_t max, std::optional<uint64_t> initial,
                        std::function<void(uint64_t)> set);

// Bytes. 0 is allowed besides the range from `min` to `max`, and sets `zero`.
struct SizeRange {
  uint64_t min = 0;
  uint64_t max = uint64_t{1} << 60;
  uint64_t zero = 0;
};
OptionValue as_size_of(SizeRange range, uint64_t initial, std::function<void(uint64_t)> set);

struct DurationRange {
  Duration at_least = Duration::zero();         // shorter ones, 0 too, are raised to it
  std::optional<Duration> zero = std::nullopt;  // what 0 sets; without one, 0
  bool zero_is_default = false;                 // 0 leaves the default
};
OptionValue as_duration(Duration& member, DurationRange range = {});
OptionValue as_duration(std::optional<Duration>& member, DurationRange range = {});

// Events in a second: 500, 20k, 1.5M. A member of 0 holds no value.
OptionValue as_rate(double& member);

// "5%" or 0.05. `min` and `max` are shares of 1.
OptionValue as_share(double& member, double min, double max);

OptionValue as_word(std::vector<std::string> words, std::optional<size_t> initial,
                    std::function<void(size_t)> set);

// Any text but an empty one: the name of a file.
OptionValue as_file(std::string& member);

// Anything else: `read` says what is wrong with a value, or sets the member.
OptionValue as_text(std::string_view placeholder, std::vector<std::string> defaults,
                    std::function<Problem(const std::string&)> read);

// The members of these are integers of any width, or optional ones.
template <typename T>
OptionValue as_count(T& member, uint64_t min, uint64_t max) {
  // 0 where 0 cannot be given stands for: no value.
  const bool has_value = min == 0 || member > T{};
  return as_count_of(
      min, max, has_value ? std::optional<uint64_t>(static_cast<uint64_t>(member)) : std::nullopt,
      [&member](uint64_t n) { member = static_cast<T>(n); });
}

template <typename T>
OptionValue as_count(std::optional<T>& member, uint64_t min, uint64_t max) {
  return as_count_of(min, max, member ? std::optional<uint64_t>(*member) : std::nullopt,
                     [&member](uint64_t n) { member = static_cast<T>(n); });
}

template <std::integral T>
OptionValue as_size(T& member, SizeRange range = {}) {
  return as_size_of(range, member, [&member](uint64_t n) { member = static_cast<T>(n); });
}

// One of `choices`: what is typed, and what the member becomes.
template <typename T>
OptionValue as_choice(T& member, std::vector<std::pair<std::string, T>> choices) {
  std::vector<std::string> words;
  std::optional<size_t> initial;
  for (const auto& [word, value] : choices) {
    if (value == member) initial = words.size();
    words.push_back(word);
  }
  return as_word(std::move(words), initial, [&member, choices = std::move(choices)](size_t index) {
    member = choices[index].second;
  });
}

// Several values. `parse` takes one of them; its error is a Problem.
template <typename T>
OptionValue as_list(std::vector<T>& member, std::string_view placeholder,
                    std::vector<std::string> defaults,
                    std::function<std::expected<T, std::string>(const std::string&)> parse) {
  OptionValue value =
      as_text(placeholder, std::move(defaults),
              [&member, parse = std::move(parse)](const std::string& text) -> Problem {
                std::expected<T, std::string> item = parse(text);
                if (!item) return item.error();
                member.push_back(std::move(*item));
                return std::nullopt;
              });
  value.is_list = true;
  value.clear = [&member] { member.clear(); };
  return value;
}

// For lists of texts: any, or those that `check` finds nothing wrong with.
OptionValue as_texts(std::vector<std::string>& member, std::string_view placeholder,
                     std::function<Problem(const std::string&)> check = nullptr);

}  // namespace echod
