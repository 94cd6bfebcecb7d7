#include "app/health/health_options.h"

namespace echod {

Verb health_verb() {
  return {
      .name = "echod health",
      .usage = "[URL] [OPTIONS]",
      .summary = "ask a server whether it is healthy",
      .description =
          "Sends one request to an echo server and prints one line: for the HEALTHCHECK of a "
          "container.\n\n"
          "  echod health                                the server of this environment\n"
          "  echod health --admin                        its admin interface\n"
          "  echod health http://127.0.0.1:9090/readyz\n"
          "  echod health unix:/run/echod/admin.sock\n"
          "  echod health tcp://127.0.0.1:7              a raw echo of a few bytes\n\n"
          "Without a URL it reads the settings as echod serve does (ECHOD_ADMIN, ECHOD_LISTEN, "
          "ECHOD_CONFIG):\n"
          "it asks the admin interface if there is one, else the first listener.\n",
      .footer = "Exit status: 0 healthy, 1 not healthy, 2 usage error.\n",
  };
}

OptionTable health_table(HealthOptions& o) {
  OptionValue url = as_text("URL", {}, [&o](const std::string& text) -> Problem {
    o.url = text;
    return std::nullopt;
  });
  return {{"Health",
           {{.name = "url",
             .value = std::move(url),
             .help = "http://HOST[:PORT][/PATH], tcp://HOST:PORT, unix:/PATH, or a port",
             .details = "The path is /healthz if there is none.",
             .positional = true},
            {.name = "admin",
             .value = as_action([&o] { o.admin = true; }),
             .help = "Ask the admin interface of the settings, or fail if there is none",
             .command_line_only = true},
            {.name = "timeout",
             .value = as_duration(o.timeout),
             .help = "Maximum time for the whole check; 0: none"},
            {.name = "config",
             .value = as_file(o.config),
             .help = "Read the server's settings from FILE",
             .default_note = "ECHOD_CONFIG",
             .command_line_only = true}}}};
}

}  // namespace echod
