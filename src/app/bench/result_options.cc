// The command lines of the verbs that work on results: `echod bench compare` and `merge`.
#include <fmt/format.h>

#include "app/bench/options.h"

namespace echod {
namespace {

Option files_argument(std::vector<std::string>& member, std::string_view help) {
  return {.name = "files", .value = as_texts(member, "FILE"), .help = help, .positional = true};
}

}  // namespace

Verb compare_verb() {
  return {
      .name = "echod bench compare",
      .usage = "BEFORE AFTER [OPTIONS]",
      .summary = "compare the results of two runs, or two sets of runs",
      .description =
          "Tells what changed between two results, or two sets of them, and whether it is more\n"
          "than chance. Several runs of each, taken in turn, tell most.\n\n"
          "  echod bench compare before.json after.json\n"
          "  echod bench compare a1.json a2.json a3.json --new b1.json --new b2.json --new "
          "b3.json\n",
      .footer =
          "Exit status: 0 nothing became worse; 99 something did, by more than the threshold "
          "and more\nthan chance; 1 a file cannot be read; 2 usage error.\n"};
}

OptionTable compare_table(CompareOptions& options) {
  OptionValue new_files = as_texts(options.new_files, "FILE");
  new_files.type = ValueType::kFile;
  return {
      {"Results",
       {files_argument(options.base_files,
                       "JSON results: before and after; with --new, all are before"),
        {.name = "new", .value = std::move(new_files), .help = "JSON result of how it is now"}}},
      {"Judgement",
       {{.name = "threshold",
         .value = as_share(options.threshold, 0, 10),
         .help = "Ignore changes for the worse of up to this share"},
        {.name = "confidence",
         .value = as_share(options.confidence, 0.5, 0.9999),
         .help = "Confidence level of the intervals"}}}};
}

BenchCommand parse_compare_command_line(int argc, const char* const* argv) {
  CompareOptions options;
  CommandParser parser(compare_verb(), compare_table(options));
  if (auto ending = parser.parse(argc, argv)) return *ending;
  if (options.new_files.empty()) {
    if (options.base_files.size() != 2) {
      return parser.mistake("give two results, or several and the new ones with --new");
    }
    options.new_files.push_back(options.base_files.back());
    options.base_files.pop_back();
  }
  if (options.base_files.empty()) return parser.mistake("give a result to compare with");
  return options;
}

Verb merge_verb() {
  return {
      .name = "echod bench merge",
      .usage = "FILE... [OPTIONS]",
      .summary = "add up the results of load testers that ran at the same time",
      .description =
          "Adds up the results of load testers that ran at the same time, for example on "
          "several\nmachines, as if one had done it all.\n\n"
          "  echod bench merge east.json west.json\n"
          "  echod bench merge --html all.html *.hlog\n",
      .footer = "Exit status: 0 done; 1 a file cannot be read, written or added; 2 usage error.\n"};
}

OptionTable merge_table(MergeOptions& options) {
  return {{"Results", {files_argument(options.files, "Result files to merge, JSON or hlog")}},
          {"Reports",
           {{.name = "json",
             .value = as_file(options.json_file),
             .help = "Write the sum as JSON; - is standard output, instead of the text"},
            {.name = "html",
             .value = as_file(options.html_file),
             .help = "Write the sum as a page with charts"},
            {.name = "hlog",
             .value = as_file(options.hlog_file),
             .help = "Write the sum as a log of HdrHistogram"}}}};
}

BenchCommand parse_merge_command_line(int argc, const char* const* argv) {
  MergeOptions options;
  CommandParser parser(merge_verb(), merge_table(options));
  if (auto ending = parser.parse(argc, argv)) return *ending;
  if (options.files.empty()) return parser.mistake("missing result files to merge");
  return options;
}

}  // namespace echod
