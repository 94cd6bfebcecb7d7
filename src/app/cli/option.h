// Each option is one row in its verb's table. Everything visible comes from that row: the command
// line, the ECHOD_* variable, the configuration key, the help, docs/options.md, the man page and
// the shell completions.
//
//   {.name = "header-timeout",
//    .value = as_duration(options.http.head_timeout),
//    .help = "HTTP: maximum time to receive a request head; then 408"},
//
// To add an option, add the member that it fills, with the default as its initialiser, and a row in
// the group where users look for it; then run scripts/docs. The other names follow from the row's
// name: this one is --header-timeout, ECHOD_HEADER_TIMEOUT and `header-timeout = "10s"`.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <expected>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace echod {

// The error in a value, without the option's name: "'x' is not a size". Nothing: it is valid.
using Problem = std::optional<std::string>;

enum class ValueType : uint8_t {
  kFlag,  // --NAME and --no-NAME; on or off elsewhere
  kCount,
  kSize,      // bytes
  kDuration,  // see base/parse_duration.h
  kRate,      // per second
  kShare,     // "5%"
  kChoice,    // one of a few words
  kText,
  kFile,  // a file name, which shells complete
};

// The type of an option's value, and the member that it fills. Created by the functions below; the
// member must outlive it.
struct OptionValue {
  ValueType type = ValueType::kText;
  std::string placeholder;                // in help: "N", "DURATION"
  std::vector<std::string> choices = {};  // all words of a kChoice; else additional words
  std::string range = {};                 // "1 to 10000"; empty: implied by the type
  bool is_list = false;                   // may be given several times
  bool is_split = true;  // a list's variable holds several values, separated by commas

  // The member's initial value, as typed. Empty: none.
  std::vector<std::string> defaults = {};

  // Reads one value into the member. A list is emptied by `clear` first.
  std::function<Problem(const std::string& value)> read = {};
  std::function<void()> clear = {};
};

struct Option {
  // The long name without dashes, which is also the configuration key. For a positional argument
  // ("url", "files"), which has neither variable nor key, a name for error messages.
  std::string_view name;
  std::string_view letters = {};  // short forms: "c" is -c, "dz" are -d and -z

  OptionValue value;

  // One line of at most kHelpSize bytes, without a full stop. Help adds the default and the range.
  std::string_view help;
  std::string_view details = {};  // sentences for docs/options.md and the man page

  // What applies without a value, or what the default means: "one per CPU".
  std::string default_note = {};
  std::string_view example = {};  // for `config example`, if there is no default

  bool common = false;             // among the ten that --help shows
  bool command_line_only = false;  // neither variable nor key

  // Whether a new value applies while the server runs (Server::apply()); else at its next start.
  bool reloadable = false;

  // Of a reloadable one: through the configuration alone, not the admin interface, whose clients
  // must neither name the server's files nor show its environment.
  bool by_admin = true;

  bool positional = false;
  bool hidden = false;    // accepted but not shown: another program's name for an option
  bool built_in = false;  // --help and --version, which the parser reads itself

  // Whether the given value goes together with other options; called when all have been read.
  std::function<Problem()> check = {};
};

inline constexpr size_t kHelpSize = 68;  // bytes; with the names before it a line has 100

// The rows of a table of the configuration file that holds for a path: [path."/slow"]. Called once
// for each table; the rows fill members of their own. The error says why there can be no such
// table.
using PathRows =
    std::function<std::expected<std::vector<Option>, std::string>(const std::string& path)>;

struct OptionGroup {
  std::string_view heading;
  std::vector<Option> options;
  PathRows for_path = {};  // empty: the group's options hold for the server alone
};

// All options of a verb, in the order of the help.
using OptionTable = std::vector<OptionGroup>;

// A name by which other programs know an option, and what to use here.
struct ForeignName {
  std::string_view name;     // as typed: "--port", "-p"
  std::string_view instead;  // "--listen 127.0.0.1:PORT"
};

// A verb's name, and the help text around its options.
struct Verb {
  std::string name = {};  // as typed: "echod bench"
  std::string usage = {};
  std::string summary = {};      // one line
  std::string description = {};  // with examples; ends with a newline
  std::string footer = {};       // ends with a newline

  // The table of its settings in a configuration file: "" is the top level, "bench" is [bench].
  // Without one the verb has neither a file nor variables.
  std::optional<std::string> section = {};

  bool is_default = false;                          // the verb that runs if none is named
  std::vector<std::string> subcommands = {};        // for suggestions and completions
  std::span<const ForeignName> foreign_names = {};  // for suggestions
};

// The variable of `option`: "ECHOD_MAX_BODY", "ECHOD_BENCH_SIZE". Empty: none.
std::string variable_of(const Verb& verb, const Option& option);

// The tables of a configuration file; "" is the top level. Each belongs to a verb.
inline constexpr std::string_view kSections[] = {"", "bench", "sim"};

// The tables of paths, [path."/slow"], which belong to the verb of the top level.
inline constexpr std::string_view kPathSection = "path";

// Whether the option is allowed in a configuration file.
bool is_setting(const Verb& verb, const Option& option);

// --- Values -------------------------------------------------------------------------------------

// --NAME turns it on, --no-NAME off.
OptionValue as_flag(bool& member);

// A flag that exists only on the command line, such as another program's name for an option.
OptionValue as_action(std::function<void()> action);

// An integer, in any spelling of a size.
OptionValue as_count_of(uint64_t min, uint64_t max, std::optional<uint64_t> initial,
                        std::function<void(uint64_t)> set);

// Bytes. In addition to the range from `min` to `max`, 0 is allowed and sets `zero`.
struct SizeRange {
  uint64_t min = 0;
  uint64_t max = uint64_t{1} << 60;
  uint64_t zero = 0;
};
OptionValue as_size_of(SizeRange range, uint64_t initial, std::function<void(uint64_t)> set);

struct DurationRange {
  Duration at_least = Duration::zero();         // shorter values, 0 too, are raised to it
  std::optional<Duration> zero = std::nullopt;  // what 0 sets; without one, 0
  bool zero_is_default = false;                 // 0 leaves the default
};
OptionValue as_duration(Duration& member, DurationRange range = {});
OptionValue as_duration(std::optional<Duration>& member, DurationRange range = {});

// Events per second: 500, 20k, 1.5M. A member of 0 holds no value.
OptionValue as_rate(double& member);

// "5%" or 0.05. `min` and `max` are fractions of 1.
OptionValue as_share(double& member, double min, double max);

OptionValue as_word(std::vector<std::string> words, std::optional<size_t> initial,
                    std::function<void(size_t)> set);

// A file name: any text but an empty one.
OptionValue as_file(std::string& member);

// Anything else: `read` sets the member, or returns the error in the value.
OptionValue as_text(std::string_view placeholder, std::vector<std::string> defaults,
                    std::function<Problem(const std::string&)> read);

// The members are integers of any width, or optional integers.
template <typename T>
OptionValue as_count(T& member, uint64_t min, uint64_t max) {
  // If 0 is out of range, a member of 0 means "no value".
  const bool has_value = min == 0 || member > T{};
  return as_count_of(
      min, max, has_value ? std::optional<uint64_t>(static_cast<uint64_t>(member)) : std::nullopt,
      [&member](uint64_t n) { member = static_cast<T>(n); });
}

template <typename T>
OptionValue as_count(std::optional<T>& member, uint64_t min, uint64_t max) {
  const std::optional<uint64_t> value = member;  // widened
  return as_count_of(min, max, value, [&member](uint64_t n) { member = static_cast<T>(n); });
}

template <std::integral T>
OptionValue as_size(T& member, SizeRange range = {}) {
  return as_size_of(range, member, [&member](uint64_t n) { member = static_cast<T>(n); });
}

// One of `choices`: the typed word, and the member's value.
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

// A list. `parse` reads one value; its error is a Problem.
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

// A list of texts: any, or those that `check` accepts.
OptionValue as_texts(std::vector<std::string>& member, std::string_view placeholder,
                     std::function<Problem(const std::string&)> check = nullptr);

}  // namespace echod
