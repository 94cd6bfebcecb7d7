// A file that a report will be written to when the run is over. It is opened before, so that a name
// that cannot be written is found out at once and not after an hour.
#pragma once

#include <cstdio>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace echod {

class OutputFile {
 public:
  // Empty: no file, and write() does nothing. "-": standard output. What the file holds stays until
  // write(). The error is a line for people.
  static std::expected<OutputFile, std::string> open(const std::string& name);

  OutputFile(OutputFile&&) noexcept = default;
  OutputFile& operator=(OutputFile&&) noexcept = default;
  ~OutputFile();  // Removes a file that was made by open() and never written.

  // Replaces what the file holds.
  std::expected<void, std::string> write(std::string_view text);

  bool wanted() const { return !name_.empty(); }
  bool is_standard_output() const { return name_ == "-"; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  OutputFile() = default;

  std::string name_;
  std::unique_ptr<std::FILE, Closer> file_;
  bool made_ = false;
};

}  // namespace echod
