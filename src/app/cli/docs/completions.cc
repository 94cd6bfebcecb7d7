// Completions for bash, zsh and fish: verbs, options, an option's valid words, and files.
#include <fmt/format.h>

#include <algorithm>

#include "app/cli/command_parser.h"
#include "app/cli/docs/documents.h"
#include "app/cli/help.h"
#include "app/cli/verbs.h"

namespace echod {
namespace {

constexpr std::string_view kNotice =
    "# Made by `echod config docs {}` from the tables of options; do not edit.\n";

// A verb as typed in a shell: "serve", "bench", "bench compare".
std::string words_of(const Verb& verb) {
  return verb.is_default ? "serve" : verb.name.substr(std::string_view("echod ").size());
}

// Calls `visit` with each verb and all its options except hidden ones.
void visit_options(
    const std::function<void(const Verb&, const std::vector<Option>& options)>& visit) {
  visit_verbs([&visit](const Verb& verb, const OptionTable& own) {
    std::string config_file;
    std::vector<Option> options;
    for (const OptionGroup& group : with_shared_options(verb, own, config_file)) {
      std::ranges::copy_if(group.options, std::back_inserter(options),
                           [](const Option& option) { return !option.hidden; });
    }
    visit(verb, options);
  });
}

bool is_switch(const Option& option) {
  return option.value.type == ValueType::kFlag && !option.built_in;
}

bool takes_value(const Option& option) { return option.value.type != ValueType::kFlag; }

// "-w --workers", "--pin --no-pin".
std::vector<std::string> typed_names(const Option& option) {
  std::vector<std::string> names;
  for (const char letter : option.letters) names.push_back(fmt::format("-{}", letter));
  names.push_back(fmt::format("--{}", option.name));
  if (is_switch(option)) names.push_back(fmt::format("--no-{}", option.name));
  return names;
}

std::string names_of_verbs() {
  std::string names = "serve bench health sim";
  for (const PlainCommand& command : kPlainCommands) names += fmt::format(" {}", command.name);
  return names;
}

std::string names_of_config_commands() {
  std::string names;
  for (const PlainCommand& command : kConfigCommands) {
    names += fmt::format("{}{}", names.empty() ? "" : " ", command.name);
  }
  return names;
}

// `text` in single quotes for zsh or bash.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

// --- bash ---------------------------------------------------------------------------------------

// The lines of `case "$verb" in`: the options of each verb.
std::string bash_options() {
  std::string text;
  visit_options([&text](const Verb& verb, const std::vector<Option>& options) {
    std::vector<std::string> names;
    for (const Option& option : options) {
      if (option.positional) continue;
      std::ranges::copy(typed_names(option), std::back_inserter(names));
    }
    text += fmt::format("    {}) options='{}' ;;\n", quoted(words_of(verb)), fmt::join(names, " "));
  });
  return text;
}

// The lines of `case "$verb:$previous" in`: the valid values of each option.
std::string bash_values() {
  std::string text;
  visit_options([&text](const Verb& verb, const std::vector<Option>& options) {
    for (const Option& option : options) {
      if (option.positional || !takes_value(option)) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : typed_names(option)) {
        patterns.push_back(quoted(fmt::format("{}:{}", words_of(verb), name)));
      }
      const std::string action = option.value.type == ValueType::kFile ? "files=yes" : "files=no";
      text += fmt::format("    {}) {} values='{}' ;;\n", fmt::join(patterns, "|"), action,
                          fmt::join(option.value.choices, " "));
    }
  });
  return text;
}

constexpr std::string_view kBash = R"(
_echod() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local verb=serve at=1 options='' values='' files=''
  COMPREPLY=()
  # bash takes --name=value for three words.
  if [[ $word == = ]]; then
    word=''
  elif [[ $previous == = ]]; then
    previous=${{COMP_WORDS[COMP_CWORD-2]}}
  fi
  if (( COMP_CWORD > 1 )); then
    case ${{COMP_WORDS[1]}} in
      {verb_pattern}) verb=${{COMP_WORDS[1]}} at=2 ;;
    esac
    if [[ $verb == bench && COMP_CWORD -gt 2 && ${{COMP_WORDS[2]}} == @(compare|merge) ]]; then
      verb="bench ${{COMP_WORDS[2]}}" at=3
    elif [[ $verb == config && COMP_CWORD -gt 2 ]]; then
      verb="config ${{COMP_WORDS[2]}}" at=3
      if [[ $verb == 'config dump' ]]; then
        verb=serve
        if [[ COMP_CWORD -gt 3 && ${{COMP_WORDS[3]}} == @(serve|bench|sim) ]]; then
          verb=${{COMP_WORDS[3]}} at=4
        fi
      fi
    fi
  fi
  case "$verb:$previous" in
{values}  esac
  if [[ $files == no ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$word"))
    return
  elif [[ $files == yes ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$word"))
    return
  fi
  case "$verb" in
{options}    config) options='{config_commands}' ;;
    'config check') files=yes ;;
    'config docs') options='{formats}' ;;
    help) options='serve bench health sim config' ;;
  esac
  if [[ $word != -* ]]; then
    case "$verb" in
      serve)
        options=''
        if (( COMP_CWORD == 1 )); then options='{verbs}'; fi
        if [[ ${{COMP_WORDS[1]}} == config ]] && (( COMP_CWORD == 3 )); then
          options='serve bench sim'
        fi
        ;;
      bench)
        options=''
        if (( COMP_CWORD == 2 )); then options='compare merge'; fi
        ;;
      health|sim) options='' ;;
      'bench compare'|'bench merge') options='' files=yes ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$options" -- "$word"))
  if [[ $files == yes ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$word"))
  fi
}}
complete -F _echod echod
)";

// --- zsh ----------------------------------------------------------------------------------------

// A text inside the brackets or between the colons of a specification of _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const Option& option) {
  if (option.value.type == ValueType::kFile || option.value.placeholder == "FILE") return "_files";
  if (option.value.choices.empty()) return " ";
  return fmt::format("({})", fmt::join(option.value.choices, " "));
}

std::string zsh_specification(const Option& option) {
  const std::string value =
      fmt::format(":{}:{}", zsh_text(option.value.placeholder), zsh_action(option));
  if (option.positional) return quoted((option.value.is_list ? "*" : "1") + value);
  std::string text;
  const std::string about = fmt::format("[{}]", zsh_text(option.help));
  for (const std::string& name : typed_names(option)) {
    // An option that was given is not offered again in any form.
    const std::string others = fmt::format("({})", fmt::join(typed_names(option), " "));
    std::string spec = (option.value.is_list ? "*" : others) + name;
    if (takes_value(option)) spec += name.starts_with("--") ? "=" : "+";
    spec += about;
    if (takes_value(option)) spec += value;
    text += fmt::format("{}{}", text.empty() ? "" : " \\\n    ", quoted(spec));
  }
  return text;
}

std::string zsh_function(const Verb& verb, const std::vector<Option>& options) {
  std::string name = words_of(verb);
  std::ranges::replace(name, ' ', '_');
  std::string text = fmt::format("\n_echod_{}() {{\n  _arguments -s -S", name);
  for (const Option& option : options) {
    text += fmt::format(" \\\n    {}", zsh_specification(option));
  }
  return text + "\n}\n";
}

constexpr std::string_view kZsh = R"(
_echod_config() {{
  if (( CURRENT == 2 )); then
    local -a commands=({config_commands})
    _describe command commands
    return
  fi
  case $words[2] in
    check) _files ;;
    docs) _values format {formats} ;;
    dump)
      if (( CURRENT == 3 )); then _values verb serve bench sim; fi
      case $words[3] in
        bench|sim) _echod_$words[3] ;;
        *) _echod_serve ;;
      esac
      ;;
  esac
}}

_echod() {{
  local -a verbs=({verbs})
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe command verbs
    return
  fi
  case $words[2] in
    bench)
      if (( CURRENT == 3 )); then _values command compare merge; fi
      case $words[3] in
        compare|merge) shift 2 words; (( CURRENT -= 2 )); _echod_bench_$words[1] ;;
        *) shift words; (( CURRENT-- )); _echod_bench ;;
      esac
      ;;
    serve|health|sim|config) shift words; (( CURRENT-- )); _echod_$words[1] ;;
    help) _values command serve bench health sim config ;;
    version) ;;
    *) _echod_serve ;;
  esac
}}

_echod "$@"
)";

std::string zsh_verbs() {
  std::string text;
  visit_verbs([&text](const Verb& verb, const OptionTable&) {
    const std::string name = words_of(verb);
    if (!name.contains(' ')) text += quoted(fmt::format("{}:{}", name, verb.summary)) + " ";
  });
  for (const PlainCommand& command : kPlainCommands) {
    text += quoted(fmt::format("{}:{}", command.name, command.summary)) + " ";
  }
  text.pop_back();
  return text;
}

std::string zsh_config_commands() {
  std::string text;
  for (const PlainCommand& command : kConfigCommands) {
    text += (text.empty() ? "" : " ") + quoted(fmt::format("{}:{}", command.name, command.summary));
  }
  return text;
}

// --- fish ---------------------------------------------------------------------------------------

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_condition(const Verb& verb) {
  const std::string name = words_of(verb);
  if (verb.is_default)
    return "not __fish_seen_subcommand_from bench health sim config help version";
  if (name == "bench") {
    return "__fish_seen_subcommand_from bench; and not __fish_seen_subcommand_from compare merge";
  }
  if (!name.contains(' ')) return "__fish_seen_subcommand_from " + name;
  return fmt::format("__fish_seen_subcommand_from bench; and __fish_seen_subcommand_from {}",
                     name.substr(name.find(' ') + 1));
}

std::string fish_line(const std::string& condition, const Option& option) {
  std::string text = fmt::format("complete -c echod -n {}", fish_quoted(condition));
  if (option.positional) {
    return text + (option.value.placeholder == "FILE" ? " -F\n" : " -f\n");
  }
  for (const char letter : option.letters) text += fmt::format(" -s {}", letter);
  text += fmt::format(" -l {}", option.name);
  if (option.value.type == ValueType::kFile) {
    text += " -r -F";
  } else if (takes_value(option)) {
    text += " -x";
    if (!option.value.choices.empty()) {
      text += fmt::format(" -a {}",
                          fish_quoted(fmt::format("{}", fmt::join(option.value.choices, " "))));
    }
  }
  text += fmt::format(" -d {}\n", fish_quoted(option.help));
  if (is_switch(option)) {
    text += fmt::format("complete -c echod -n {} -l no-{} -d {}\n", fish_quoted(condition),
                        option.name, fish_quoted(fmt::format("Not: {}", option.help)));
  }
  return text;
}

std::string fish_command(std::string_view condition, std::string_view name,
                         std::string_view summary) {
  return fmt::format("complete -c echod -n {} -a {} -d {}\n", fish_quoted(condition), name,
                     fish_quoted(summary));
}

}  // namespace

std::string bash_completion() {
  std::string pattern = names_of_verbs();
  std::ranges::replace(pattern, ' ', '|');
  return fmt::format(fmt::runtime(kNotice), "bash") +
         fmt::format(fmt::runtime(kBash), fmt::arg("verb_pattern", pattern),
                     fmt::arg("values", bash_values()), fmt::arg("options", bash_options()),
                     fmt::arg("config_commands", names_of_config_commands()),
                     fmt::arg("formats", fmt::join(document_formats(), " ")),
                     fmt::arg("verbs", names_of_verbs()));
}

std::string zsh_completion() {
  std::string text = "#compdef echod\n" + fmt::format(fmt::runtime(kNotice), "zsh");
  visit_options([&text](const Verb& verb, const std::vector<Option>& options) {
    text += zsh_function(verb, options);
  });
  return text + fmt::format(fmt::runtime(kZsh), fmt::arg("config_commands", zsh_config_commands()),
                            fmt::arg("formats", fmt::join(document_formats(), " ")),
                            fmt::arg("verbs", zsh_verbs()));
}

std::string fish_completion() {
  constexpr std::string_view kFirst = "__fish_use_subcommand";
  std::string text = fmt::format(fmt::runtime(kNotice), "fish");
  text += "complete -c echod -f\n";
  visit_verbs([&](const Verb& verb, const OptionTable&) {
    const std::string name = words_of(verb);
    if (!name.contains(' ')) text += fish_command(kFirst, name, verb.summary);
  });
  for (const PlainCommand& command : kPlainCommands) {
    text += fish_command(kFirst, command.name, command.summary);
  }
  text += fish_command("__fish_seen_subcommand_from bench", "compare", "compare results");
  text += fish_command("__fish_seen_subcommand_from bench", "merge", "add up results");
  for (const PlainCommand& command : kConfigCommands) {
    text += fish_command("__fish_seen_subcommand_from config", command.name, command.summary);
  }
  text += "complete -c echod -n '__fish_seen_subcommand_from check' -F\n";
  for (const std::string& format : document_formats()) {
    text += fish_command("__fish_seen_subcommand_from docs", format, "format");
  }
  visit_options([&text](const Verb& verb, const std::vector<Option>& options) {
    for (const Option& option : options) text += fish_line(fish_condition(verb), option);
  });
  return text;
}

}  // namespace echod
