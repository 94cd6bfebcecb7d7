// Fd: closes its descriptor once, by its last owner.
#include "net/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace echod {
namespace {

int open_number() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool is_open(int number) { return ::fcntl(number, F_GETFD) >= 0; }

TEST(FdTest, OwnsNothingByDefault) {
  Fd fd;
  EXPECT_FALSE(fd.valid());
  EXPECT_EQ(fd.get(), -1);
  fd.close();
}

TEST(FdTest, ClosesAtTheEnd) {
  int number = open_number();
  {
    Fd fd(number);
    EXPECT_TRUE(fd.valid());
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(FdTest, ClosesOnceWhenAsked) {
  int number = open_number();
  Fd fd(number);
  fd.close();
  EXPECT_FALSE(fd.valid());
  EXPECT_FALSE(is_open(number));
  // Whoever opens next gets the same number, which must not be closed again.
  Fd other(open_number());
  EXPECT_EQ(other.get(), number);
  fd.close();
  EXPECT_TRUE(is_open(number));
}

TEST(FdTest, MovesItsDescriptor) {
  int first_number = open_number();
  int second_number = open_number();
  Fd first(first_number);
  Fd moved(std::move(first));
  EXPECT_FALSE(first.valid());  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_EQ(moved.get(), first_number);
  {
    Fd second(second_number);
    moved = std::move(second);
  }
  EXPECT_EQ(moved.get(), second_number);
  EXPECT_FALSE(is_open(first_number));
  EXPECT_TRUE(is_open(second_number));
}

}  // namespace
}  // namespace echod
