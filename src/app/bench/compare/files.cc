#include "app/bench/compare/files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "app/bench/report/hlog.h"
#include "app/bench/report/report_json.h"

namespace echod {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

std::unexpected<std::string> failed(const std::string& path, const char* what) {
  return std::unexpected(fmt::format("{}: {}: {}", path, what, std::strerror(errno)));
}

std::expected<std::string, std::string> read_file(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rbe"));
  if (!file) return failed(path, "cannot open");
  std::string text;
  constexpr size_t kStep = size_t{1} << 16;
  for (size_t size = kStep; size == kStep;) {
    const size_t before = text.size();
    text.resize(before + kStep);
    size = std::fread(text.data() + before, 1, kStep, file.get());
    text.resize(before + size);
    if (text.size() > kReportBytesMax) {
      return std::unexpected(path + ": larger than any report of echod bench");
    }
  }
  if (std::ferror(file.get()) != 0) return failed(path, "cannot read");
  return text;
}

}  // namespace

std::expected<BenchResult, std::string> read_result(const std::string& path) {
  const std::expected<std::string, std::string> text = read_file(path);
  if (!text) return std::unexpected(text.error());
  auto result = is_hlog(*text) ? parse_hlog(*text) : parse_json_report(*text);
  if (!result) return std::unexpected(fmt::format("{}: {}", path, result.error()));
  return result;
}

std::string write_report(const std::string& path, const std::string& text) {
  if (path == "-") {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    return written && std::fflush(stdout) == 0 ? ""
                                               : failed("standard output", "cannot write").error();
  }
  File file(std::fopen(path.c_str(), "wbe"));
  if (!file) return failed(path, "cannot create").error();
  const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  if (std::fclose(file.release()) != 0 || !written) return failed(path, "cannot write").error();
  return "";
}

}  // namespace echod
