#include "app/cli/answer_options.h"

#include <fmt/format.h>

#include <utility>

#include "http/path_prefix.h"

namespace echod {
namespace {

using http::AnswerDefaults;
using http::RequestedField;

// A value that `parse` reads in the syntax of response control.
template <typename T>
OptionValue as_default(std::optional<T>& member, std::string_view placeholder,
                       http::Read<T> (*parse)(std::string_view)) {
  return as_text(placeholder, {}, [&member, parse](const std::string& text) -> Problem {
    http::Read<T> value = parse(text);
    if (!value) return value.error();
    member = std::move(*value);
    return std::nullopt;
  });
}

OptionValue as_fields(std::optional<std::vector<RequestedField>>& member) {
  OptionValue value = as_text("NAME:VALUE", {}, [&member](const std::string& text) -> Problem {
    std::expected<RequestedField, std::string> field = http::any_field(text);
    if (!field) return fmt::format("'{}': {}", text, field.error());
    if (member->size() == kDefaultFieldsMax) {
      return fmt::format("at most {} headers", kDefaultFieldsMax);
    }
    member->push_back(std::move(*field));
    return std::nullopt;
  });
  value.is_list = true;
  value.is_split = false;  // a value may have commas
  value.clear = [&member] { member.emplace(); };
  return value;
}

OptionValue as_body(std::optional<std::string>& member) {
  return as_text("TEXT", {}, [&member](const std::string& text) -> Problem {
    member = text;
    return std::nullopt;
  });
}

OptionValue as_cors(http::Cors& cors) {
  OptionValue value = as_text("ORIGIN", {"off"}, [&cors](const std::string& text) -> Problem {
    if (text == "off") return std::nullopt;
    if (text == "any" || text == "*") {
      cors.allow_any();
    } else {
      std::expected<std::string, std::string> origin = http::read_origin(text);
      if (!origin) return origin.error();
      cors.allow(std::move(*origin));
    }
    if (!cors.allows_any() || cors.origins().empty()) return std::nullopt;
    return "any is every origin; give it alone";
  });
  value.choices = {"off", "any"};
  value.is_list = true;
  value.clear = [&cors] { cors = {}; };
  return value;
}

OptionValue as_base_path(std::string& member) {
  return as_text("PATH", {}, [&member](const std::string& text) -> Problem {
    if (!text.empty() && (!http::is_path(text) || text.contains("//"))) {
      return fmt::format("'{}' is not a path, such as /echo", text);
    }
    member = text;
    return std::nullopt;
  });
}

// The rows that may stand in a path's table.
std::vector<Option> default_rows(AnswerDefaults& defaults) {
  return {
      {.name = "answer-status",
       .value = as_default(defaults.status, "STATUS", http::read_default_status),
       .help = "HTTP: default status: 503, or 503:20,404:10.5 (percent)",
       .details = "The syntax of this and the following options is that of response control in "
                  "docs/http.md; an empty value is no default. They may also stand in a table of "
                  "the configuration file for the paths below a prefix: [path.\"/slow\"]. "
                  "/healthz, /livez and /readyz have no defaults.",
       .default_note = "the endpoint's",
       .example = "503:20"},
      {.name = "answer-delay",
       .value = as_default(defaults.delay, "DURATION", http::read_default_delay),
       .help = "HTTP: default delay: 100ms, or 100ms:10,2ms:5 (percent)",
       .details = "At most a day; --max-duration and --max-waiting bound what clients ask for.",
       .default_note = "none",
       .example = "100ms:10,2ms:5"},
      {.name = "answer-size",
       .value = as_default(defaults.size, "BYTES", http::read_default_size),
       .help = "HTTP: default size of a generated body, instead of the echo",
       .details = "At most 1 TiB; --max-answer bounds what clients ask for.",
       .default_note = "none",
       .example = "1024:10"},
      {.name = "answer-close",
       .value = as_default(defaults.close, "PERCENT", http::read_default_chance),
       .help = "HTTP: percentage of responses that end their connection",
       .default_note = "none",
       .example = "5%"},
      {.name = "answer-gzip",
       .value = as_default(defaults.gzip, "PERCENT", http::read_default_chance),
       .help = "HTTP: percentage of responses compressed for clients with gzip",
       .default_note = "none",
       .example = "5%"},
      {.name = "answer-header",
       .value = as_fields(defaults.fields),
       .help = "HTTP: add a header to responses; may be repeated",
       .details = "Any but those that frame the response. A Cache-Control replaces the server's. "
                  "The variable holds one header.",
       .default_note = "none",
       .example = "X-Environment: staging"},
      {.name = "answer-body",
       .value = as_body(defaults.body),
       .help = "HTTP: text to send instead of the echo or reflection",
       .details = "As text/plain, unless --answer-header sets another Content-Type. Endpoints such "
                  "as /status keep their own body.",
       .default_note = "none",
       .example = "hello"},
  };
}

// A table's path, and its rows.
std::expected<std::vector<Option>, std::string> path_rows(AnswerOptions& options,
                                                          const std::string& path) {
  if (!http::is_path(path)) {
    return std::unexpected(fmt::format("'{}' is not a path; write [path.\"/slow\"]", path));
  }
  if (options.paths.size() == kPathTablesMax) {
    return std::unexpected(fmt::format("at most {} path tables", kPathTablesMax));
  }
  for (const http::PathDefaults& other : options.paths) {
    if (http::without_last_slash(other.path) == http::without_last_slash(path)) {
      return std::unexpected(fmt::format("the path {} has a table already", path));
    }
  }
  return default_rows(options.paths.emplace_back(path, AnswerDefaults()).defaults);
}

}  // namespace

OptionGroup answer_group(AnswerOptions& options) {
  http::AnswerPolicy& policy = options.policy;
  std::vector<Option> rows = default_rows(policy.defaults);
  rows.push_back({.name = "answer-override",
                  .value = as_choice<bool>(policy.clients_override, {{"on", true}, {"off", false}}),
                  .help = "HTTP: clients' response control overrides the defaults",
                  .details = "off: it is ignored where the path has a default for the same thing. "
                             "With --response-control off it is ignored everywhere, and the "
                             "defaults apply."});
  rows.push_back({.name = "cors",
                  .value = as_cors(policy.cors),
                  .help = "HTTP: origins whose scripts may read responses: off, any, ORIGIN",
                  .details = "any allows every origin, without credentials; a listed origin "
                             "(https://example.org) may send credentials."});
  rows.push_back({.name = "unsafe-answers",
                  .value = as_choice<bool>(policy.unsafe, {{"on", true}, {"off", false}}),
                  .help = "HTTP: clients may set any header and type that browsers act on",
                  .details = "For trusted clients only: a link to the server can then run a script "
                             "in its origin."});
  rows.push_back({.name = "base-path",
                  .value = as_base_path(policy.base_path),
                  .help = "HTTP: answer below this path as if it were the root; 404 outside",
                  .details = "For an ingress that forwards /echo without rewriting it. Health "
                             "checks are answered at the root too.",
                  .default_note = "none",
                  .example = "/echo"});
  for (Option& row : rows) row.reloadable = true;
  return {.heading = "Answers",
          .options = std::move(rows),
          .for_path = [&options](const std::string& path) { return path_rows(options, path); }};
}

std::shared_ptr<const http::AnswerPolicy> policy_of(const AnswerOptions& options) {
  auto policy = std::make_shared<http::AnswerPolicy>(options.policy);
  policy->paths.assign(options.paths.begin(), options.paths.end());
  policy->finish();
  if (!policy->any()) return nullptr;
  return policy;
}

}  // namespace echod
