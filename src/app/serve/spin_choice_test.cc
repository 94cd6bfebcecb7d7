#include "app/serve/spin_choice.h"

#include <gtest/gtest.h>

#include "engine/loop/spinner.h"

namespace echod {
namespace {

using std::chrono::microseconds;

ProcessorShare share(unsigned loops, unsigned usable, std::optional<double> quota = std::nullopt) {
  return {.loops = loops, .usable = usable, .quota = quota};
}

TEST(SpinObstacleTest, IsAQuotaThatTakesEffect) {
  EXPECT_EQ(spin_obstacle(share(2, 2)), "");
  EXPECT_EQ(spin_obstacle(share(2, 64, 1.5)), "CPU quota of 1.5");
  EXPECT_EQ(spin_obstacle(share(1, 64, 0.25)), "CPU quota of 0.25");
  EXPECT_EQ(spin_obstacle(share(1, 2, 1.0)), "CPU quota of 1");
  EXPECT_EQ(spin_obstacle(share(2, 2, 2.0)), "");
  EXPECT_EQ(spin_obstacle(share(2, 2, 3.5)), "");
}

TEST(SpinObstacleTest, IsMoreLoopsThanCpus) {
  EXPECT_EQ(spin_obstacle(share(3, 2)), "3 workers on 2 CPUs");
  EXPECT_EQ(spin_obstacle(share(2, 1)), "2 workers on 1 CPU");
  EXPECT_EQ(spin_obstacle(share(2, 3)), "");
}

TEST(SpinChoiceTest, AutoIsOffWhereItDoesHarm) {
  const SpinChoice on = choose_spin(std::nullopt, share(2, 2));
  EXPECT_EQ(on.max, kSpinMax);
  EXPECT_FALSE(on.withheld);
  const SpinChoice off = choose_spin(std::nullopt, share(2, 2, 1.5));
  EXPECT_EQ(off.max, Duration::zero());
  EXPECT_TRUE(off.withheld);
  EXPECT_EQ(off.reason, "CPU quota of 1.5");
  EXPECT_EQ(off.warning, "");
}

TEST(SpinChoiceTest, AnExplicitDurationIsObeyedWithAWarning) {
  const SpinChoice warned = choose_spin(microseconds(20), share(2, 2, 1.5));
  EXPECT_EQ(warned.max, microseconds(20));
  EXPECT_FALSE(warned.withheld);
  EXPECT_NE(warned.warning.find("--spin 20us"), std::string::npos) << warned.warning;
  EXPECT_NE(warned.warning.find("CPU quota of 1.5"), std::string::npos) << warned.warning;
  EXPECT_EQ(choose_spin(microseconds(20), share(2, 2)).warning, "");
}

TEST(SpinChoiceTest, OffIsOff) {
  const SpinChoice off = choose_spin(Duration::zero(), share(2, 2, 1.5));
  EXPECT_EQ(off.max, Duration::zero());
  EXPECT_FALSE(off.withheld);
  EXPECT_EQ(off.warning, "");
}

}  // namespace
}  // namespace echod
