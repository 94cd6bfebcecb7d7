// What the operator lays down for all responses (`--answer-status 503:20`, `--cors any`): defaults
// for what a client may ask for by response control, by path; cross-origin access; the path below
// which the server answers.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/control_syntax.h"
#include "http/cors.h"
#include "http/response_fields.h"

namespace echod::http {

// The defaults of one set of paths. What is not set is inherited from the server-wide defaults;
// what is set and empty is no default.
struct AnswerDefaults {
  std::optional<Shares<int>> status;
  std::optional<Shares<Duration>> delay;
  std::optional<Shares<uint64_t>> size;
  std::optional<double> close;                        // percentage of the responses
  std::optional<double> gzip;                         // the same
  std::optional<std::vector<RequestedField>> fields;  // any but framing fields
  std::optional<std::string> body;                    // instead of the echo, if no size applies

  // Whether any default applies.
  bool any() const;

  // Sets what is not set as it is in `other`.
  void inherit(const AnswerDefaults& other);
};

// The defaults of the paths below a prefix.
struct PathDefaults {
  std::string path;  // as given: "/slow"
  AnswerDefaults defaults;
};

struct AnswerPolicy {
  AnswerDefaults defaults = {};          // of all other paths
  std::vector<PathDefaults> paths = {};  // after finish(): the longest prefix first

  // Whether a client's response control has precedence over a default. False: it is ignored where
  // the path has a default for the same thing. What has no default, clients choose as ever.
  bool clients_override = true;

  Cors cors = {};

  // The path below which the server answers, such as "/echo"; empty: everywhere.
  std::string base_path = {};

  // Clients may set any response header but framing fields, and any Content-Type; their bodies are
  // echoed with the type that they were sent with, and browsers may run them.
  bool unsafe = false;

  bool has_defaults = false;  // on any path; after finish()

  // Call this once all is set: sorts the paths, and lets them inherit.
  void finish();

  // Whether anything is set. If not, Settings::policy should be null.
  bool any() const;

  // The defaults of `path`, which is below the base path; null: none. Health checks
  // (is_health_path) have none: a fault that is being tested must not restart the server.
  const AnswerDefaults* defaults_of(std::string_view path) const;

  // `path` without the base path; nothing: the server does not answer there. Health checks are
  // answered at the root too, and "*" (OPTIONS *) is the server itself.
  std::optional<std::string_view> served_path(std::string_view path) const;
};

// "/healthz", "/livez" and "/readyz".
bool is_health_path(std::string_view path);

// --- The operator's values, in the syntax of response control. An empty text is no default. Errors
// begin with the text in quotes.

// The limits of the operator's own values, which are not those of clients: a day, and 1 TiB.
ValueLimits operator_limits();

Read<Shares<int>> read_default_status(std::string_view text);
Read<Shares<Duration>> read_default_delay(std::string_view text);
Read<Shares<uint64_t>> read_default_size(std::string_view text);
Read<double> read_default_chance(std::string_view text);

}  // namespace echod::http
