#include "app/command_parser.h"

#include <fmt/format.h>

#include <ranges>

#include <CLI/CLI.hpp>

#include "app/log/log.h"
#include "app/units.h"

namespace echod {
namespace {

constexpr std::string_view kVersion = "echod " ECHOD_VERSION;

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitution, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

constexpr size_t kHelpColumn = 36;  // where descriptions start
constexpr size_t kHelpWidth = 100;

constexpr int kArgumentsMax = 1 << 20;  // of those with a place

// Breaks the lines that CLI11 leaves as long as they are, under the start of their description.
std::string wrap_help(std::string_view help) {
  std::string out;
  for (auto part : std::views::split(help, '\n')) {
    std::string_view line(part.begin(), part.end());
    for (size_t indent = 0; indent + line.size() > kHelpWidth; indent = kHelpColumn) {
      size_t space = line.rfind(' ', kHelpWidth - indent);
      if (space == std::string_view::npos || indent + space <= kHelpColumn) break;
      out += line.substr(0, space);
      out += '\n' + std::string(kHelpColumn, ' ');
      line.remove_prefix(space + 1);
    }
    out += line;
    out += '\n';
  }
  return out;
}

// `typed` in the case and the spelling that `words` have it in.
std::string usual_word(std::string_view typed, const std::vector<std::string>& words) {
  constexpr std::array kSpellings = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"warn", "warning"},
      {"err", "error"},
      {"io_uring", "uring"},
      {"io-uring", "uring"},
      {"true", "on"},
      {"yes", "on"},
      {"false", "off"},
      {"no", "off"},
  });
  std::string word(typed);
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (std::ranges::find(words, word) != words.end()) return word;
  for (const auto& [spelling, usual] : kSpellings) {
    if (word == spelling) return std::string(usual);
  }
  return word;
}

// The name mistakes are reported under: "-e,--engine" is "--engine".
std::string long_name(const std::string& names) {
  const size_t dashes = names.find("--");
  return dashes == std::string::npos ? names : names.substr(dashes);
}

}  // namespace

struct CommandParser::Library {
  Library(const Options& options) : app(options.description, options.name) {
    app.footer(options.footer);
    app.get_formatter()->column_width(kHelpColumn);
    app.set_help_flag("-h,--help", "Print this and exit");
  }

  // An option whose values are given to `read` in their order.
  CLI::Option* add(const std::string& names, Reader read, std::string_view metavar,
                   const std::string& help, const std::string& group) {
    CLI::callback_t read_all = [read = std::move(read)](const CLI::results_t& values) {
      for (const std::string& value : values) {
        if (Problem problem = read(value)) throw CLI::ValidationError(*problem);
      }
      return true;
    };
    return app.add_option(names, read_all, help)
        ->type_name(std::string(metavar))
        ->group(group)
        ->run_callback_for_default();
  }

  CLI::App app;
};

CommandParser::CommandParser(Options options)
    : options_(std::move(options)), library_(std::make_unique<Library>(options_)) {
  library_->app.add_flag("-V,--version", version_, "Print the version and exit");
}

CommandParser::~CommandParser() = default;

void CommandParser::group(std::string_view heading) { group_ = heading; }

void CommandParser::add(const std::string& names, Reader read, std::string_view metavar,
                        const std::string& help) {
  library_->add(names, std::move(read), metavar, help, group_)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void CommandParser::add_repeatable(const std::string& names, Reader read, std::string_view metavar,
                                   const std::string& help) {
  CLI::Option* option = library_->add(names, std::move(read), metavar, help, group_);
  // One value at a time; an argument with a place takes all there are.
  option->expected(1);
  if (!names.starts_with('-')) option->expected(1, kArgumentsMax)->allow_extra_args();
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void CommandParser::add_flag(const std::string& names, std::function<void()> set,
                             const std::string& help) {
  library_->app.add_flag_callback(names, std::move(set), help)->group(group_);
}

void CommandParser::add_duration(const std::string& names, std::function<void(Duration)> set,
                                 const std::string& help) {
  Reader read = [name = long_name(names), set](const std::string& value) -> Problem {
    std::optional<Duration> duration = parse_duration(value);
    if (!duration) {
      return fmt::format("{}: '{}' is not a duration; write 500ms, 10s, 5m or 1d", name, value);
    }
    set(*duration);
    return std::nullopt;
  };
  add(names, read, "DURATION", help);
}

void CommandParser::add_size(const std::string& names, uint64_t min, uint64_t max,
                             std::function<void(uint64_t)> set, const std::string& help) {
  Reader read = [=, name = long_name(names)](const std::string& value) -> Problem {
    std::optional<uint64_t> size = parse_size(value);
    if (!size) return fmt::format("{}: '{}' is not a size; write 4096, 64k or 1MiB", name, value);
    if ((*size != 0 && *size < min) || *size > max) {
      return fmt::format("{}: {} is out of range; it may be from {} to {}", name, value,
                         format_size(min), format_size(max));
    }
    set(*size);
    return std::nullopt;
  };
  add(names, read, "SIZE", help);
}

void CommandParser::add_count(const std::string& names, uint64_t min, uint64_t max,
                              std::function<void(uint64_t)> set, const std::string& help) {
  Reader read = [=, name = long_name(names)](const std::string& value) -> Problem {
    std::optional<uint64_t> count = parse_size(value);
    if (!count || *count < min || *count > max) {
      return fmt::format("{}: '{}' is not a number from {} to {}", name, value, min, max);
    }
    set(*count);
    return std::nullopt;
  };
  add(names, read, "N", help);
}

void CommandParser::add_word(const std::string& names, std::vector<std::string> words,
                             std::function<void(size_t)> set, const std::string& help) {
  std::string metavar;
  for (const std::string& word : words) metavar += (metavar.empty() ? "" : "|") + word;
  Reader read = [name = long_name(names), metavar, words,
                 set](const std::string& value) -> Problem {
    const std::string word = usual_word(value, words);
    auto found = std::ranges::find(words, word);
    if (found == words.end()) return fmt::format("{}: '{}' is not one of {}", name, value, metavar);
    set(static_cast<size_t>(found - words.begin()));
    return std::nullopt;
  };
  add(names, read, metavar, help);
}

void CommandParser::add_default_verb(const std::string& name, const std::string& help) {
  CLI::App* verb = library_->app.add_subcommand(name, help);
  // All options are the program's, also behind the verb. Its own --help would be ignored.
  verb->fallthrough()->silent()->set_help_flag();
}

std::optional<CommandParser::Ending> CommandParser::parse(int argc, const char* const* argv) {
  CLI::App& app = library_->app;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Ending{wrap_help(app.help()), kExitSuccess};
  } catch (const CLI::ArgumentMismatch& error) {
    // "--listen: 1 required HOST:PORT missing"
    std::string_view text = error.what();
    return mistake(fmt::format("{} needs a value", text.substr(0, text.find(':'))));
  } catch (const CLI::ExtrasError&) {
    return mistake(unknown_argument());
  } catch (const CLI::ParseError& error) {
    return mistake(error.what());
  }
  if (version_) return Ending{fmt::format("{}\n", kVersion), kExitSuccess};
  return std::nullopt;
}

bool CommandParser::given(const std::string& name) const { return library_->app.count(name) > 0; }

CommandParser::Ending CommandParser::mistake(std::string_view message) const {
  std::string line(message);
  std::ranges::replace(line, '\n', ' ');
  std::string shown;  // it quotes what was typed, which may be meant for a terminal
  append_escaped(shown, line);
  return {fmt::format("echod: {} ({} --help lists the options)\n", shown, options_.name),
          kExitUsage};
}

std::string CommandParser::unknown_argument() const {
  std::string argument = library_->app.remaining(true).front();
  std::string kind = argument.starts_with('-') ? "option" : "command";
  std::string name = argument.substr(0, argument.find('='));
  std::string best;
  size_t best_distance = 4;  // further away is no suggestion
  auto consider = [&](const std::string& candidate) {
    size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  };
  for (const CLI::Option* option : library_->app.get_options()) {
    for (const std::string& long_name : option->get_lnames()) consider("--" + long_name);
  }
  if (kind == "command") {
    for (const std::string& verb : options_.verbs) consider(verb);
    if (best_distance == 0) return fmt::format("'{}' must come first: echod {} ...", best, best);
    if (options_.verbs.empty()) kind = "argument";
  }
  std::string text = fmt::format("unknown {} '{}'", kind, argument);
  if (!best.empty()) text += fmt::format("; did you mean {}?", best);
  return text;
}

int print_ending(const CommandParser::Ending& ending) {
  const bool good = ending.exit_code == kExitSuccess;
  std::FILE* stream = good ? stdout : stderr;
  const bool written = std::fputs(ending.text.c_str(), stream) >= 0 && std::fflush(stream) == 0;
  if (written || !good) return ending.exit_code;
  std::fprintf(stderr, "echod: cannot write to standard output: %s\n", std::strerror(errno));
  return kExitFailure;
}

}  // namespace echod
