// Arguments for the command-line targets: the input's lines are the arguments after the program's
// name, so that a file of the corpus reads like a command typed one word a line.
#pragma once

#include <string>
#include <vector>

#include "fuzz_input.h"

namespace echod::fuzz {

class Arguments {
 public:
  Arguments(const char* program, const uint8_t* data, size_t size) {
    words_.emplace_back(program);
    FuzzInput input(data, size);
    // A real argument holds no zero byte.
    while (!input.empty() && words_.size() < 40) {
      const std::string_view line = input.text_until('\n');
      words_.emplace_back(line.substr(0, line.find('\0')));
    }
    for (const std::string& word : words_) pointers_.push_back(word.c_str());
    pointers_.push_back(nullptr);
  }

  int count() const { return static_cast<int>(words_.size()); }
  const char* const* values() const { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<const char*> pointers_;
};

// A mistake is one line, to standard error, that says whose it is and where help is.
inline void check_mistake(std::string_view text) {
  ECHOD_CHECK(text.starts_with("echod: "));
  ECHOD_CHECK(text.ends_with(" --help-all lists the options)\n") ||
              text.ends_with("(echod config example shows every key)\n"));
  // Whatever was typed, nothing in it commands the terminal.
  for (const char c : text.substr(0, text.size() - 1)) {
    ECHOD_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
}

}  // namespace echod::fuzz
