// Documents and shell completions, generated from the option tables. The repository contains the
// results, scripts/docs regenerates them, and a test checks that they are current.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace echod {

// "markdown", "man", "bash", "zsh", "fish".
std::vector<std::string> document_formats();

// The document in one of these formats.
std::string document_in(std::string_view format);

std::string options_markdown();  // docs/options.md
std::string manual_page();       // docs/man/echod.1
std::string bash_completion();   // completions/echod.bash
std::string zsh_completion();    // completions/_echod
std::string fish_completion();   // completions/echod.fish

// The verbs without options of their own, each with a one-line summary.
struct PlainCommand {
  std::string_view name;
  std::string_view summary;
};
inline constexpr PlainCommand kPlainCommands[] = {
    {"config", "check, show and write configuration files"},
    {"help", "help of a command"},
    {"version", "the version"},
};

inline constexpr PlainCommand kConfigCommands[] = {
    {"check", "check files"},
    {"dump", "show the settings in effect and where they come from"},
    {"example", "show a file of all settings with their defaults"},
    {"docs", "show a document or the completions of a shell"},
};

}  // namespace echod
