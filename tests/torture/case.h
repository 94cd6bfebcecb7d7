// What a case is, and the table of all: each file case_*.cc has a few, and cases.cc the list.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "context.h"
#include "pingers.h"
#include "pump.h"

namespace torture {

// What was measured, by a name of the case's table.
struct Figure {
  std::string name;
  double value = 0;
};

struct Outcome {
  std::string complaint;  // empty: passed
  std::vector<Figure> figures;

  void add(std::string name, double value) { figures.push_back({std::move(name), value}); }
  // Keeps the first of several complaints.
  void complain(const std::string& text) {
    if (complaint.empty()) complaint = text;
  }
  // Takes over bytes lost, and what the clients complain of.
  void add(const Tally& tally);
};

// A figure's name with its unit, and what it says.
struct FigureText {
  std::string_view name;
  std::string_view meaning;
};

struct Case {
  std::string_view name;
  std::string_view what;          // does, for --list and the documentation
  bool needs_several = false;     // clients served at once
  bool only_when_named = false;   // needs a server that was started for it
  std::vector<uint64_t> sizes{};  // bytes, the small first; none: the case has no sizes
  std::vector<uint64_t> quick_sizes{};
  std::vector<FigureText> figures{};
  std::function<Outcome(Context&, uint64_t size)> run{};
};

// In the order they run.
const std::vector<Case>& all_cases();

std::vector<Case> ending_cases();    // half-close and its relatives
std::vector<Case> segment_cases();   // how bytes are cut and paced
std::vector<Case> reset_cases();     // clients that vanish
std::vector<Case> crowd_cases();     // some clients against others
std::vector<Case> resource_cases();  // memory and descriptors

constexpr uint64_t kKiB = 1024, kMiB = 1024 * kKiB, kGiB = 1024 * kMiB;

// What the cases that watch descriptors share: takes the baseline, and after the case waits until
// the server has no more than then. Adds "descriptors-left", and complains where they stay.
class DescriptorWatch {
 public:
  explicit DescriptorWatch(Context& context);
  void finish(Outcome& outcome);

 private:
  Context& context_;
  std::optional<uint64_t> before_;
};

// Lets `count` clients, at most `at_once` at a time, do what `plan` says for each one's number, and
// sees that they leave no descriptor open.
Outcome pump_clients(Context& context, uint64_t count, unsigned at_once,
                     const std::function<Plan(uint64_t)>& plan);

// Adds NAME-p99-us, NAME-idle-p99-us and NAME-p99-ratio.
void add_latencies(Outcome& outcome, const std::string& name, const Latencies& idle,
                   const Latencies& loaded);

}  // namespace torture
