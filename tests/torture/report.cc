#include "report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>

#include <nlohmann/json.hpp>

namespace torture {

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassed:
      return "passed";
    case Verdict::kFailed:
      return "FAILED";
    case Verdict::kSkipped:
      return "skipped";
  }
  return "unknown";
}

std::string size_text(const Case& of, uint64_t size) {
  if (of.sizes.empty()) return {};
  if (size >= kGiB && size % kGiB == 0) return fmt::format("{} GiB", size / kGiB);
  if (size >= kMiB && size % kMiB == 0) return fmt::format("{} MiB", size / kMiB);
  if (size >= kKiB && size % kKiB == 0) return fmt::format("{} KiB", size / kKiB);
  return fmt::format("{} B", size);
}

void print(const Result& result) {
  std::string line =
      fmt::format("{:19} {:>8}  {:7} {:6.2f} s", result.of->name,
                  size_text(*result.of, result.size), name_of(result.verdict), result.seconds);
  if (!result.reason.empty()) line += "  " + result.reason + ";";
  for (const Figure& figure : result.figures) {
    if (figure.value == 0 && (figure.name == "bytes-lost" || figure.name == "descriptors-left" ||
                              figure.name == "refused")) {
      continue;  // as it should be
    }
    line += fmt::format("  {} {:.{}f}", figure.name, figure.value, figure.value < 100 ? 1 : 0);
  }
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

void print_list() {
  for (const Case& one : all_cases()) {
    std::string sizes;
    for (const uint64_t size : one.sizes)
      sizes += (sizes.empty() ? "" : ", ") + size_text(one, size);
    fmt::print("{}{}{}\n  {}\n", one.name, sizes.empty() ? "" : fmt::format("  ({})", sizes),
               one.only_when_named ? "  only with --case" : "", one.what);
    for (const auto& figure : one.figures) {
      fmt::print("    {:22} {}\n", figure.name, figure.meaning);
    }
  }
}

void print_summary(const std::vector<Result>& results) {
  const auto count = [&](Verdict verdict) {
    return std::ranges::count(results, verdict, &Result::verdict);
  };
  fmt::print("{} passed, {} failed, {} skipped\n", count(Verdict::kPassed), count(Verdict::kFailed),
             count(Verdict::kSkipped));
}

bool write_json(const std::string& path, const Options& options,
                const std::vector<Result>& results) {
  nlohmann::ordered_json document;
  document["host"] = options.host;
  document["port"] = options.port;
  document["seed"] = options.seed;
  document["mode"] = options.quick ? "quick" : "full";
  auto& list = document["results"] = nlohmann::ordered_json::array();
  for (const Result& result : results) {
    nlohmann::ordered_json one;
    one["case"] = result.of->name;
    if (!result.of->sizes.empty()) {
      one["size"] = result.size;
      one["size_text"] = size_text(*result.of, result.size);
    }
    std::string verdict = name_of(result.verdict);
    std::ranges::transform(verdict, verdict.begin(),
                           [](unsigned char letter) { return std::tolower(letter); });
    one["verdict"] = verdict;
    if (!result.reason.empty()) one["reason"] = result.reason;
    one["seconds"] = result.seconds;
    auto& figures = one["figures"] = nlohmann::ordered_json::object();
    for (const Figure& figure : result.figures) figures[figure.name] = figure.value;
    list.push_back(std::move(one));
  }
  auto& cases = document["cases"] = nlohmann::ordered_json::object();
  for (const Case& one : all_cases()) {
    auto& about = cases[std::string(one.name)];
    about["what"] = one.what;
    for (const auto& figure : one.figures)
      about["figures"][std::string(figure.name)] = figure.meaning;
  }
  const std::string text = document.dump(2) + "\n";
  if (path == "-") {
    fmt::print("{}", text);
    return true;
  }
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) fmt::print(stderr, "error: cannot write {}\n", path);
  return static_cast<bool>(file);
}

}  // namespace torture
