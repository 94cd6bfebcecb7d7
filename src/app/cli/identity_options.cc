#include "app/cli/identity_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <expected>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "net/host_name.h"
#include "wire/http/credentials.h"

namespace echod {
namespace {

constexpr std::string_view kHostName = "HOSTNAME";

// As Kubernetes has it: letters, digits, "_", "-" and "."; no digit at the begin.
bool is_variable_name(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_allowed = [is_digit](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("_-.").contains(c);
  };
  return !text.empty() && text.size() <= kShownNameSizeMax && !is_digit(text[0]) &&
         std::ranges::all_of(text, is_allowed);
}

Problem add_name(std::vector<std::string>& names, std::string_view name) {
  if (!is_variable_name(name)) {
    return fmt::format("'{}' is not the name of an environment variable", name);
  }
  if (std::ranges::find(names, name) != names.end()) return std::nullopt;
  if (names.size() == kShownVariablesMax) {
    return fmt::format("more than {} variables", kShownVariablesMax);
  }
  names.emplace_back(name);
  return std::nullopt;
}

std::optional<std::string> value_of(const std::string& name) {
  if (const char* value = std::getenv(name.c_str())) return value;
  if (name != kHostName) return std::nullopt;
  std::string host = host_name();
  if (host.empty()) return std::nullopt;
  return host;
}

// At most kShownValueSizeMax bytes of `value`, whose end becomes "..." if there are more.
std::string cut(std::string value) {
  constexpr std::string_view kMark = "...";
  if (value.size() <= kShownValueSizeMax) return value;
  const size_t size = kShownValueSizeMax - kMark.size();
  value.resize(is_utf8(value) ? utf8_prefix_size(value, size) : size);
  return value += kMark;
}

}  // namespace

Option show_environment_option(std::vector<std::string>& names) {
  OptionValue value = as_text("NAME", {}, [&names](const std::string& text) -> Problem {
    std::string_view left = text;
    while (true) {
      const size_t size = left.find(',');
      if (Problem problem = add_name(names, left.substr(0, size))) return problem;
      if (size == std::string_view::npos) return std::nullopt;
      left.remove_prefix(size + 1);
    }
  });
  value.is_list = true;
  value.clear = [&names] { names.clear(); };
  return {.name = "show-environment",
          .value = std::move(value),
          .help = "HTTP: environment variables that every client sees: NAME,NAME",
          .details =
              "In each response (X-Echo-Environment), in reflections, at /env and in the "
              "logs, so that one sees which replica answered. HOSTNAME is the machine's "
              "name if it is unset. At most 32; do not name secrets.",
          .default_note = "none",
          .example = "POD_NAME",
          .reloadable = true,
          .by_admin = false};
}

Option access_log_skip_option(std::vector<AccessLogSkip>& skips) {
  OptionValue value = as_text("PATTERN", {}, [&skips](const std::string& text) -> Problem {
    std::expected<AccessLogSkip, std::string> skip = parse_access_log_skip(text);
    if (!skip) return skip.error();
    if (skips.size() == kAccessLogSkipsMax) {
      return fmt::format("more than {} patterns", kAccessLogSkipsMax);
    }
    skips.push_back(std::move(*skip));
    return std::nullopt;
  });
  value.is_list = true;
  value.clear = [&skips] { skips.clear(); };
  return {.name = "access-log-skip",
          .value = std::move(value),
          .help = "HTTP: requests without an access log line: /PATH, status=2xx",
          .details =
              "/PATH, /PREFIX*, status=200, status=2xx, or a path and a status: '/healthz "
              "status=200'. What matches one of several patterns is left out.",
          .default_note = "none",
          .example = "/healthz status=200",
          .reloadable = true};
}

EnvironmentReading read_environment(const std::vector<std::string>& names) {
  std::vector<http::ShownVariable> variables;
  EnvironmentReading reading;
  const auto warn = [&reading](std::string_view name, std::string_view text) {
    reading.warnings.push_back(fmt::format("{} {} (--show-environment)", name, text));
  };
  for (const std::string& name : names) {
    std::optional<std::string> value = value_of(name);
    if (!value) {
      warn(name, "is not set");
    } else if (wire::is_credential_name(name)) {
      warn(name, "has a credential's name; every client sees its value");
    }
    if (value && value->size() > kShownValueSizeMax) {
      warn(name, fmt::format("is cut to {} bytes", kShownValueSizeMax));
      value = cut(std::move(*value));
    }
    variables.push_back({.name = name, .value = std::move(value)});
  }
  reading.environment = http::ShownEnvironment(std::move(variables));
  for (const http::ShownVariable& variable : reading.environment.variables()) {
    if (!variable.value || variable.listed) continue;
    warn(variable.name, fmt::format("is in reflections alone: {} has at most {} bytes",
                                    http::kEnvironmentField, http::kEnvironmentListSizeMax));
  }
  return reading;
}

}  // namespace echod
