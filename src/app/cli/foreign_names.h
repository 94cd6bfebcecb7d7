// What users of other servers type, and the option that they mean. The nearest name by spelling
// would mislead: that of --port is --cors.
#pragma once

#include <array>

#include "app/cli/option.h"

namespace echod {

namespace foreign {
inline constexpr std::string_view kPort = "--listen 127.0.0.1:PORT, or --listen *:PORT for others";
inline constexpr std::string_view kHost = "--listen HOST:PORT";
inline constexpr std::string_view kWorkers = "--workers N";
inline constexpr std::string_view kVerbose = "--log-level debug";
inline constexpr std::string_view kQuiet = "--log-level warning";
inline constexpr std::string_view kMetrics = "--admin 127.0.0.1:PORT, which serves /metrics";
inline constexpr std::string_view kManager =
    "a service manager: echod stays in the foreground, and never changes its user";
}  // namespace foreign

inline constexpr std::array kForeignNames = {
    ForeignName{"--port", foreign::kPort},
    ForeignName{"-p", foreign::kPort},
    ForeignName{"-P", foreign::kPort},
    ForeignName{"--http-port", "--listen http://127.0.0.1:PORT"},
    ForeignName{"--tcp-port", "--listen tcp://127.0.0.1:PORT"},
    ForeignName{"--host", foreign::kHost},
    ForeignName{"--hostname", foreign::kHost},
    ForeignName{"--bind", foreign::kHost},
    ForeignName{"-b", foreign::kHost},
    ForeignName{"--address", foreign::kHost},
    ForeignName{"--addr", foreign::kHost},
    ForeignName{"--ip", foreign::kHost},
    ForeignName{"--interface", foreign::kHost},
    ForeignName{"--threads", foreign::kWorkers},
    ForeignName{"-t", foreign::kWorkers},
    ForeignName{"--processes", foreign::kWorkers},
    ForeignName{"--verbose", foreign::kVerbose},
    ForeignName{"-v", foreign::kVerbose},
    ForeignName{"--debug", foreign::kVerbose},
    ForeignName{"--quiet", foreign::kQuiet},
    ForeignName{"-q", foreign::kQuiet},
    ForeignName{"--silent", foreign::kQuiet},
    ForeignName{"--maxconn", "--max-connections N"},
    ForeignName{"--max-clients", "--max-connections N"},
    ForeignName{"--timeout", "--idle-timeout DURATION"},
    ForeignName{"--shutdown-timeout", "--drain-timeout DURATION"},
    ForeignName{"--metrics", foreign::kMetrics},
    ForeignName{"--metrics-port", foreign::kMetrics},
    ForeignName{"--log", "--log-file FILE, or --access-log FILE for requests"},
    ForeignName{"--daemon", foreign::kManager},
    ForeignName{"-D", foreign::kManager},
    ForeignName{"--user", foreign::kManager},
};

}  // namespace echod
