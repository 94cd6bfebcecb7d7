// A root directory with files made for a test, for code that reads /proc and /sys.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace echod {

class FakeRootTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "fake_root." + std::to_string(::getpid()) + "/";
    std::filesystem::remove_all(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  // `file` is relative to the root: "proc/self/cgroup".
  void put(const std::string& file, const std::string& text) {
    const std::filesystem::path path = root_ + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  const std::string& root() const { return root_; }

 private:
  std::string root_;
};

}  // namespace echod
