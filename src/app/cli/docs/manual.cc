// The man page, in the man(7) macros that every roff supports.
#include <fmt/format.h>

#include "app/cli/command_parser.h"
#include "app/cli/docs/documents.h"
#include "app/cli/help.h"
#include "app/cli/verbs.h"

namespace echod {
namespace {

// Escapes `text` for roff: dashes that can be copied, backslashes, and lines that would be
// requests.
std::string roff(std::string_view text) {
  std::string out;
  bool begins_line = true;
  for (const char c : text) {
    if (begins_line && (c == '.' || c == '\'')) out += "\\&";
    if (c == '-') {
      out += "\\-";
    } else if (c == '\\') {
      out += "\\e";
    } else {
      out += c;
    }
    begins_line = c == '\n';
  }
  return out;
}

// Text with its line breaks preserved.
std::string verbatim(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return fmt::format(".nf\n{}\n.fi\n", roff(text));
}

std::string entry_of(const Verb& verb, const Option& option) {
  std::string name = fmt::format("\\fB{}\\fR", roff(names_of(option)));
  if (const std::string text = placeholder_of(option); !text.empty()) {
    name += fmt::format(" \\fI{}\\fR", roff(text));
  }
  std::string facts;
  const auto add = [&facts](std::string_view label, const std::string& fact) {
    if (!fact.empty()) facts += fmt::format("{}{}{}", facts.empty() ? "" : "; ", label, fact);
  };
  add("", takes_of(option));
  add("default: ", default_of(option));
  add("", option.value.is_list && !option.positional ? "repeatable" : "");
  add("", option.reloadable ? "reloadable" : "");
  add("variable: ", variable_of(verb, option));
  std::string text = fmt::format(".TP\n{}\n{}.\n", name, roff(option.help));
  if (!option.details.empty()) text += roff(option.details) + "\n";
  if (!facts.empty()) text += fmt::format("[{}]\n", roff(facts));
  return text;
}

constexpr std::string_view kHead = R"(.SH NAME
echod \- echo server for TCP, HTTP and WebSocket, and load tester
.SH SYNOPSIS
.nf
)";

constexpr std::string_view kConfiguration = R"(.SH CONFIGURATION
An option can be set on the command line, by the variable that is named with it, or by its long name
as a key in a TOML file, which \fB\-\-config\fR or \fBECHOD_CONFIG\fR names. The command line counts
before the environment, the environment before the file, and the file before the default. Settings
of bench and sim stand in the tables [bench] and [sim]. Repeatable options are arrays in the file,
and have commas between their values in a variable.
.TP
\fBechod config check\fR \fIFILE\fR...
Finds mistakes, with file, line and what would be right.
.TP
\fBechod config dump\fR [\fIVERB\fR] [\fIOPTIONS\fR]
Shows the settings in effect and where each comes from, as TOML.
.TP
\fBechod config example\fR
Shows a commented file of all settings with their defaults.
.PP
SIGHUP makes a running server read the file anew. Options that are marked as reloadable apply to new
connections then; others when it is started again. A file with a mistake changes nothing.
)";

}  // namespace

std::string manual_page() {
  std::string text = fmt::format(
      ".\\\" Made by `echod config docs man`; do not edit.\n"
      ".TH ECHOD 1 \"\" \"{}\" \"User Commands\"\n{}",
      version_text(), kHead);
  visit_verbs([&text](const Verb& verb, const OptionTable&) {
    text += roff(fmt::format("{} {}\n", verb.name, verb.usage));
  });
  text += "echod config check|dump|example|docs\n.fi\n";
  std::string config_file;
  visit_verbs([&](const Verb& verb, const OptionTable& own) {
    const std::string name = verb.is_default ? "echod serve" : verb.name;
    text += fmt::format(".SH {}\n", roff(name));
    text += verbatim(verb.description);
    OptionTable table = own;
    if (verb.is_default) table = with_shared_options(verb, own, config_file);
    for (const OptionGroup& group : table) {
      text += fmt::format(".SS {}\n", roff(group.heading));
      for (const Option& option : group.options) {
        if (!option.hidden) text += entry_of(verb, option);
      }
    }
    text += ".PP\n" + verbatim(verb.footer);
  });
  return text.append(kConfiguration);
}

}  // namespace echod
