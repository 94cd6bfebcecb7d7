// Simulated worlds, a few hundred of each kind; `echod sim --seeds N` runs as many as one likes.
#include "app/sim/world.h"

#include <gtest/gtest.h>

#include <memory>

#include "app/log/log.h"
#include "base/check.h"

namespace echod::sim {
namespace {

class WorldTest : public testing::TestWithParam<EngineKind> {
 protected:
  WorldTest() {
    LogOptions quiet;
    quiet.level = LogLevel::kOff;
    log_ = std::move(*Log::open(quiet));
  }

  WorldOutcome run(uint64_t seed, bool faults = true) {
    const std::string note = "seed " + std::to_string(seed);
    set_check_note(note.c_str());
    const WorldOutcome outcome =
        run_world({.seed = seed, .engine = GetParam(), .faults = faults}, *log_);
    set_check_note(nullptr);
    return outcome;
  }

 private:
  std::unique_ptr<Log> log_;
};

INSTANTIATE_TEST_SUITE_P(Engines, WorldTest,
                         testing::Values(EngineKind::kEpoll, EngineKind::kUring),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST_P(WorldTest, EveryByteComesBackWhereNothingFails) {
  for (uint64_t seed = 0; seed < 100; ++seed) EXPECT_EQ(run(seed, false).failure, "") << seed;
}

TEST_P(WorldTest, EveryByteComesBackWhateverFails) {
  for (uint64_t seed = 1000; seed < 1300; ++seed) EXPECT_EQ(run(seed).failure, "") << seed;
}

// Seeds that failed once, each with what was wrong.
TEST_P(WorldTest, SeedsThatFailedOnceDoNotAgain) {
  constexpr uint64_t kSeeds[] = {
      61455,  // epoll: a needless EAGAIN hid that there was no room, and room was never told of
  };
  for (uint64_t seed : kSeeds) EXPECT_EQ(run(seed).failure, "") << seed;
}

TEST_P(WorldTest, TheSameSeedIsTheSameWorld) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const WorldOutcome once = run(seed);
    const WorldOutcome again = run(seed);
    EXPECT_EQ(once.trace, again.trace) << seed;
    EXPECT_EQ(once.steps, again.steps) << seed;
    EXPECT_EQ(once.simulated, again.simulated) << seed;
  }
}

TEST_P(WorldTest, AnotherSeedIsAnotherWorld) { EXPECT_NE(run(1).trace, run(2).trace); }

}  // namespace
}  // namespace echod::sim
