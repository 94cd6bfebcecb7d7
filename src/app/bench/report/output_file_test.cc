#include "app/bench/report/output_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace echod {
namespace {

std::string contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class OutputFileTest : public testing::Test {
 protected:
  // A file of this process's own: ctest runs several cases at the same time.
  OutputFileTest() : path(testing::TempDir() + "output_file_test." + std::to_string(::getpid())) {
    std::filesystem::remove(path);
  }
  ~OutputFileTest() override { std::filesystem::remove(path); }

  const std::string path;
};

TEST_F(OutputFileTest, WritesWhenItIsTold) {
  {
    auto file = OutputFile::open(path);
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->wanted());
    EXPECT_TRUE(std::filesystem::exists(path));
    EXPECT_TRUE(file->write("report"));
  }
  EXPECT_EQ(contents(path), "report");
}

TEST_F(OutputFileTest, ReplacesWhatWasThere) {
  std::ofstream(path) << "something longer than the report";
  {
    auto file = OutputFile::open(path);
    ASSERT_TRUE(file);
    EXPECT_EQ(contents(path), "something longer than the report");
    EXPECT_TRUE(file->write("report"));
  }
  EXPECT_EQ(contents(path), "report");
}

TEST_F(OutputFileTest, LeavesNothingUnwritten) {
  ASSERT_TRUE(OutputFile::open(path));
  EXPECT_FALSE(std::filesystem::exists(path));
  std::ofstream(path) << "kept";
  ASSERT_TRUE(OutputFile::open(path));
  EXPECT_EQ(contents(path), "kept");
}

TEST_F(OutputFileTest, SaysWhatCannotBeWritten) {
  auto missing = OutputFile::open(path + "/x");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), "cannot write " + path + "/x: No such file or directory");
  auto full = OutputFile::open("/dev/full");
  ASSERT_TRUE(full);
  auto written = full->write("report");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error(), "cannot write /dev/full: No space left on device");
}

TEST_F(OutputFileTest, NoFile) {
  auto none = OutputFile::open("");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->wanted());
  EXPECT_TRUE(none->write("report"));
  auto standard = OutputFile::open("-");
  ASSERT_TRUE(standard);
  EXPECT_TRUE(standard->is_standard_output());
}

}  // namespace
}  // namespace echod
