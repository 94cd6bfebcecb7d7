// Results as lines for people and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "case.h"

namespace torture {

enum class Verdict { kPassed, kFailed, kSkipped };

const char* name_of(Verdict verdict);

struct Result {
  const Case* of = nullptr;
  uint64_t size = 0;
  Verdict verdict = Verdict::kPassed;
  std::string reason{};  // why it failed or was skipped
  double seconds = 0;
  std::vector<Figure> figures{};
};

// "64 KiB"; empty for a case without sizes.
std::string size_text(const Case& of, uint64_t size);

// Prints a line; what is long under way shows on a terminal until then.
void print(const Result& result);
void print_list();
void print_summary(const std::vector<Result>& results);

// Returns whether it could be written; says so on standard error if not.
bool write_json(const std::string& path, const Options& options,
                const std::vector<Result>& results);

}  // namespace torture
