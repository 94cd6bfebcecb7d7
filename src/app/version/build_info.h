// What this program was built from, and how. It is one small source, which the build writes anew
// when the commit changes (cmake/build_info.cmake), so that a commit compiles nothing else anew.
#pragma once

#include <string_view>

namespace echod {

struct BuildInfo {
  std::string_view version;  // "0.1.0"
  std::string_view commit;   // 40 hexadecimal digits; "unknown" if built without git
  bool modified;             // files that git knows differed from the commit
  std::string_view date;     // of SOURCE_DATE_EPOCH, else of the commit: "2026-01-31T12:00:00Z"; ""
  std::string_view compiler;  // "g++ 12.2.0"
  std::string_view target;    // "x86_64-linux-gnu"
  bool is_static;             // no shared libraries are loaded
  std::string_view liburing;  // versions of libraries that cannot be asked for theirs
  std::string_view fmt;
  std::string_view cli11;
  std::string_view nlohmann_json;
};

const BuildInfo& build_info();

}  // namespace echod
