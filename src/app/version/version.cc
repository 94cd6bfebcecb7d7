#include "app/version/version.h"

#include <string_view>

#include "app/cli/command_parser.h"
#include "app/version/build_info.h"
#include "base/json_writer.h"
#include "engine/engine.h"
#include "protocol/protocol.h"
#include "wire/http/content_coding.h"
#include "wire/library_versions.h"

namespace echod {
namespace {

constexpr std::string_view kHelp =
    "Usage: echod version [--json]\n\n"
    "  --json   version, commit, compiler, libraries, protocols, and which engines work here\n\n"
    "Exit status: 0 done, 1 failed at run time, 2 usage error.\n";

void append_origin(JsonWriter& json, const BuildInfo& build) {
  json.member("name", "echod");
  json.member("version", build.version);
  json.member("commit", build.commit);
  json.member("modified", build.modified);
  json.name("date");
  if (build.date.empty()) {
    json.null();
  } else {
    json.value(build.date);
  }
  json.member("compiler", build.compiler);
  json.member("target", build.target);
  json.member("linkage", build.is_static ? "static" : "dynamic");
}

void append_engines(JsonWriter& json) {
  const EngineChoice choice = choose_engine();
  const bool has_uring = choice.kind == EngineKind::kUring;
  json.member("default_engine", name_of(choice.kind));
  json.name("engines");
  json.begin_array();
  for (const EngineKind kind : kEngineKinds) {
    const bool is_available = kind != EngineKind::kUring || has_uring;
    json.begin_object();
    json.member("name", name_of(kind));
    json.member("available", is_available);
    if (!is_available) json.member("reason", choice.reason);
    json.end_object();
  }
  json.end_array();
}

void append_protocols(JsonWriter& json) {
  json.name("protocols");
  json.begin_array();
  for (const ProtocolRow& row : kProtocols) {
    if (row.protocol != Protocol::kAuto) json.value(row.log_name);
  }
  json.end_array();
  json.name("content_codings");
  json.begin_array();
  for (const wire::ContentCoding coding : wire::kContentCodings) {
    if (coding != wire::ContentCoding::kIdentity) json.value(wire::name_of(coding));
  }
  json.end_array();
}

void append_libraries(JsonWriter& json, const BuildInfo& build) {
  const wire::LibraryVersions linked = wire::library_versions();
  json.name("libraries");
  json.begin_object();
  json.member("liburing", build.liburing);
  json.member("openssl", linked.openssl);
  json.member("zlib", linked.zlib);
  json.member("brotli", linked.brotli);
  json.member("zstd", linked.zstd);
  json.member("fmt", build.fmt);
  json.member("cli11", build.cli11);
  json.member("nlohmann_json", build.nlohmann_json);
  json.end_object();
}

}  // namespace

std::string version_json() {
  const BuildInfo& build = build_info();
  JsonWriter json(2);
  json.begin_object();
  append_origin(json, build);
  append_engines(json);
  append_protocols(json);
  append_libraries(json, build);
  json.end_object();
  return json.take() + "\n";
}

int version(int argc, const char* const* argv) {
  const std::string_view argument = argc > 1 ? argv[1] : "";
  if (argc == 2 && argument == "--json") return print_ending({version_json(), kExitSuccess});
  if (argument == "--help" || argument == "-h" || argument == "--help-all") {
    return print_ending({std::string(kHelp), kExitSuccess});
  }
  if (argc < 2) return print_ending({std::string(version_text()) + "\n", kExitSuccess});
  const std::string_view wrong = argument == "--json" ? argv[2] : argument;
  return print_ending(usage_error("unknown argument '" + std::string(wrong) + "'",
                                  "echod version takes --json alone"));
}

}  // namespace echod
