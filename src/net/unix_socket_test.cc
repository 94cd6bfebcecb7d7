// Unix sockets by path: permissions, stale files, and what is left at the end.
#include "net/unix_socket.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

namespace echod {
namespace {

class UnixSocketTest : public testing::Test {
 protected:
  UnixSocketTest() {
    std::string name = testing::TempDir() + "unixXXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~UnixSocketTest() override {
    ::unlink(path().c_str());
    ::rmdir(folder_.c_str());
  }

  std::string path() const { return folder_ + "/socket"; }
  bool exists() const { return ::access(path().c_str(), F_OK) == 0; }

  std::string folder_;
};

TEST_F(UnixSocketTest, ItsFileHasItsModeWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}}) {
    const mode_t before = ::umask(mask);
    const Result<UnixListener> listener = listen_on_unix(path());
    ::umask(before);
    ASSERT_TRUE(listener);
    struct stat info = {};
    ASSERT_EQ(::lstat(path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, mode_t{0660}) << mask;
  }
}

TEST_F(UnixSocketTest, ItsFileGoesWithIt) {
  Result<UnixListener> listener = listen_on_unix(path());
  ASSERT_TRUE(listener);
  EXPECT_TRUE(connect_to_unix(path()));
  UnixListener moved = std::move(*listener);
  EXPECT_TRUE(exists());
  moved = {};
  EXPECT_FALSE(exists());
}

TEST_F(UnixSocketTest, AStaleFileIsReplaced) {
  Result<UnixListener> first = listen_on_unix(path());
  ASSERT_TRUE(first);
  first->socket.close();  // as when its process was killed
  EXPECT_EQ(connect_to_unix(path()).error().code, Errc::kRefused);
  const Result<UnixListener> second = listen_on_unix(path());
  ASSERT_TRUE(second);
  EXPECT_TRUE(connect_to_unix(path()));
}

TEST_F(UnixSocketTest, OneThatWasReplacedLeavesTheOther) {
  auto first = std::make_unique<UnixListener>(listen_on_unix(path()).value());
  ::unlink(path().c_str());
  const Result<UnixListener> second = listen_on_unix(path());
  ASSERT_TRUE(second);
  first.reset();
  EXPECT_TRUE(connect_to_unix(path()));
}

TEST_F(UnixSocketTest, OneInUseIsNotReplaced) {
  const Result<UnixListener> first = listen_on_unix(path());
  ASSERT_TRUE(first);
  const Result<UnixListener> second = listen_on_unix(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kAddressInUse);
  EXPECT_TRUE(connect_to_unix(path()));
}

TEST_F(UnixSocketTest, AnotherFileIsNotTouched) {
  std::ofstream(path()) << "precious";
  const Result<UnixListener> listener = listen_on_unix(path());
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().code, Errc::kAddressInUse);
  EXPECT_EQ(listener.error().os_error, ENOTSOCK);
  EXPECT_TRUE(exists());
}

TEST_F(UnixSocketTest, WrongPathsFail) {
  EXPECT_EQ(listen_on_unix("").error().code, Errc::kAddressInvalid);
  EXPECT_EQ(listen_on_unix("/" + std::string(kUnixPathSizeMax, 'x')).error().os_error,
            ENAMETOOLONG);
  EXPECT_FALSE(listen_on_unix(folder_ + "/none/socket"));
  EXPECT_FALSE(connect_to_unix(path()));
}

}  // namespace
}  // namespace echod
