#include "app/cli/log_options.h"

#include <fmt/format.h>

#include <cstdint>

#include "app/cli/identity_options.h"
#include "app/cli/units.h"

namespace echod {
namespace {

OptionValue as_log_reads(uint32_t& member) {
  OptionValue value =
      as_text("N", {fmt::format("{}", member)}, [&member](const std::string& text) -> Problem {
        const std::optional<uint64_t> count = parse_size(text);
        if (text == "all") {
          member = kAllReceives;
        } else if (text == "none") {
          member = 0;
        } else if (count && *count < kAllReceives) {
          member = static_cast<uint32_t>(*count);
        } else {
          return fmt::format("'{}' is not a number, all or none", text);
        }
        return std::nullopt;
      });
  value.type = ValueType::kCount;
  value.choices = {"all", "none"};
  return value;
}

OptionValue as_file_or_output(std::string& member) {
  OptionValue value = as_file(member);
  value.read = [&member](const std::string& text) -> Problem {
    if (text.empty()) return "give the name of a file, or - for standard output";
    member = text;
    return std::nullopt;
  };
  return value;
}

}  // namespace

std::vector<Option> log_rows(ServeOptions& o) {
  using Level = LogLevel;
  return {
      {.name = "log-level",
       .value = as_choice<Level>(o.log.level, {{"debug", Level::kDebug},
                                               {"info", Level::kInfo},
                                               {"warning", Level::kWarning},
                                               {"error", Level::kError},
                                               {"off", Level::kOff}}),
       .help = "Minimum log level",
       .common = true,
       .reloadable = true},
      {.name = "log-format",
       .value = as_choice<LogFormat>(o.log.format, {{"text", LogFormat::kText},
                                                    {"logfmt", LogFormat::kLogfmt},
                                                    {"json", LogFormat::kJson}}),
       .help = "Log format",
       .common = true,
       .reloadable = true},
      {.name = "log-timestamps",
       .value = as_choice<LogTimestamps>(o.log.timestamps, {{"auto", LogTimestamps::kAuto},
                                                            {"on", LogTimestamps::kOn},
                                                            {"off", LogTimestamps::kOff}}),
       .help = "Begin text lines of the log and the access log with the time",
       .details = "auto: unless the lines go to a terminal or the systemd journal. Text lines of "
                  "the log for the journal begin with their priority (<6>), which it removes.",
       .reloadable = true},
      {.name = "log-file",
       .value = as_file(o.log.file),
       .help = "Append the log to FILE",
       .default_note = "standard error",
       .example = "/var/log/echod/echod.log",
       .reloadable = true,
       .by_admin = false},
      {.name = "log-reads",
       .value = as_log_reads(o.log_receives),
       .help = "Reads to log per connection before read logging stops",
       .reloadable = true},
      {.name = "access-log",
       .value = as_file_or_output(o.access_log.file),
       .help = "HTTP: append a line per request to FILE; - is standard output",
       .details = "With -, what else would be printed on standard output goes to standard error.",
       .default_note = "none",
       .example = "/var/log/echod/access.log",
       .common = true,
       .reloadable = true,
       .by_admin = false},
      {.name = "access-log-format",
       .value = as_choice<AccessLogFormat>(o.access_log.format,
                                           {{"text", AccessLogFormat::kText},
                                            {"json", AccessLogFormat::kJson},
                                            {"combined", AccessLogFormat::kCombined}}),
       .help = "HTTP: access log format; combined is that of Apache and nginx",
       .reloadable = true},
      access_log_skip_option(o.access_log.skips),
  };
}

}  // namespace echod
