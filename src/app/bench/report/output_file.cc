#include "app/bench/report/output_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace echod {
namespace {

std::unexpected<std::string> cannot(std::string_view what, const std::string& name) {
  return std::unexpected(
      fmt::format("cannot {} {}: {}", what, name, std::generic_category().message(errno)));
}

}  // namespace

std::expected<OutputFile, std::string> OutputFile::open(const std::string& name) {
  OutputFile output;
  output.name_ = name;
  if (name.empty() || name == "-") return output;
  std::error_code ignored;
  output.made_ = !std::filesystem::exists(name, ignored);
  output.file_.reset(std::fopen(name.c_str(), "ae"));
  if (!output.file_) {
    output.made_ = false;
    return cannot("write", name);
  }
  return output;
}

OutputFile::~OutputFile() {
  if (!made_ || !file_) return;
  std::error_code ignored;
  std::filesystem::remove(name_, ignored);
}

std::expected<void, std::string> OutputFile::write(std::string_view text) {
  if (name_.empty()) return {};
  std::FILE* file = stdout;
  if (file_) {
    made_ = false;
    file = std::freopen(name_.c_str(), "we", file_.release());
    if (file == nullptr) return cannot("write", name_);
    file_.reset(file);
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (written && std::fflush(file) == 0) return {};
  return cannot("write", file == stdout ? "to standard output" : name_);
}

}  // namespace echod
