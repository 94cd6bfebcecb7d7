// echo-torture: runs the chosen cases, one after the other, against a server that is already
// running.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <set>
#include <string>
#include <vector>

#include "case.h"
#include "options.h"
#include "report.h"

namespace torture {
namespace {

// Too few for what is asked would show as a server that refuses.
constexpr uint64_t kDescriptorsWanted = 2048;

bool is_chosen(const Case& one, const Options& options) {
  if (options.cases.empty()) return !one.only_when_named;
  return std::ranges::find(options.cases, one.name) != options.cases.end();
}

std::vector<uint64_t> sizes_of(const Case& one, const Options& options) {
  if (one.sizes.empty()) return {0};
  if (!options.sizes.empty()) return options.sizes;
  return options.quick ? one.quick_sizes : one.sizes;
}

void apply_limits(const Options& options, const Case& one, Outcome& outcome) {
  for (const Figure& figure : outcome.figures) {
    const auto limit = options.limits.find(std::string(one.name) + "." + figure.name);
    if (limit != options.limits.end() && figure.value > limit->second) {
      outcome.complain(
          fmt::format("{} is {:.1f}, above {:.1f}", figure.name, figure.value, limit->second));
    }
  }
}

Result run(Context& context, const Case& one, uint64_t size) {
  const Time begin = Clock::now();
  Outcome outcome;
  try {
    outcome = one.run(context, size);
  } catch (const std::exception& problem) {
    outcome.complain(problem.what());
  }
  if (!context.process.is_alive()) outcome.complain("the server has died");
  apply_limits(context.options, one, outcome);
  Result result{.of = &one, .size = size};
  result.verdict = outcome.complaint.empty() ? Verdict::kPassed : Verdict::kFailed;
  result.reason = outcome.complaint;
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  result.figures = std::move(outcome.figures);
  return result;
}

// Why a case cannot be run, or need not.
std::string obstacle(const Context& context, const Case& one, bool smaller_failed) {
  if (one.needs_several && context.options.one_at_a_time) {
    return "needs several clients at once";
  }
  if (smaller_failed) return "a smaller size failed";
  if (!context.process.is_alive()) return "the server is gone";
  return {};
}

std::vector<Result> run_all(Context& context) {
  std::vector<Result> results;
  for (const Case& one : all_cases()) {
    if (!is_chosen(one, context.options)) continue;
    bool failed = false;
    for (const uint64_t size : sizes_of(one, context.options)) {
      if (const std::string why = obstacle(context, one, failed); !why.empty()) {
        results.push_back(
            {.of = &one, .size = size, .verdict = Verdict::kSkipped, .reason = why, .figures = {}});
      } else {
        context.announce(fmt::format("{} {}", one.name, size_text(one, size)));
        results.push_back(run(context, one, size));
        context.announce({});
        failed = results.back().verdict == Verdict::kFailed;
      }
      print(results.back());
    }
  }
  return results;
}

}  // namespace

int main_of_torture(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  if (!options) return options.error();
  if (options->list) {
    print_list();
    return 0;
  }
  const auto address = Address::find(options->host, options->port);
  if (!address) {
    fmt::print(stderr, "error: {}\n", address.error());
    return 2;
  }
  if (const uint64_t limit = raise_descriptor_limit(); limit < kDescriptorsWanted) {
    fmt::print(stderr, "warning: this process may open {} files; some cases want {}\n", limit,
               kDescriptorsWanted);
  }
  Context context(*options, *address);
  if (!context.process.is_alive()) {
    fmt::print(stderr, "error: there is no process {}\n", options->pid);
    return 2;
  }
  const std::string wrong = options->one_at_a_time || !options->cases.empty()
                                ? std::string()
                                : visit(context, {}, 1, context.patience());
  if (!wrong.empty()) {
    fmt::print(stderr, "error: no echo from {} port {}: {}\n", options->host, options->port, wrong);
    return 1;
  }
  const auto results = run_all(context);
  print_summary(results);
  bool written = true;
  if (!options->json.empty()) written = write_json(options->json, *options, results);
  const bool failed = std::ranges::any_of(
      results, [](const Result& result) { return result.verdict == Verdict::kFailed; });
  return failed || !written ? 1 : 0;
}

}  // namespace torture

int main(int argc, char** argv) { return torture::main_of_torture(argc, argv); }
