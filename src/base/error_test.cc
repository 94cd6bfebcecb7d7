// Errors: how errno values are classed, and what they are called in logs.
#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace echod {
namespace {

constexpr Errc kAllCodes[] = {
    Errc::kSystem,           Errc::kRefused,        Errc::kReset,    Errc::kTimeout,
    Errc::kAborted,          Errc::kNoDescriptors,  Errc::kNoMemory, Errc::kAddressInUse,
    Errc::kPermissionDenied, Errc::kAddressInvalid, Errc::kProtocol, Errc::kDrained,
};

TEST(ErrorTest, ClassesErrnoValues) {
  EXPECT_EQ(os_failure(ECONNREFUSED).code, Errc::kRefused);
  EXPECT_EQ(os_failure(ECONNRESET).code, Errc::kReset);
  EXPECT_EQ(os_failure(EPIPE).code, Errc::kReset);
  EXPECT_EQ(os_failure(ETIMEDOUT).code, Errc::kTimeout);
  EXPECT_EQ(os_failure(EMFILE).code, Errc::kNoDescriptors);
  EXPECT_EQ(os_failure(ENFILE).code, Errc::kNoDescriptors);
  EXPECT_EQ(os_failure(ENOBUFS).code, Errc::kNoMemory);
  EXPECT_EQ(os_failure(ENOMEM).code, Errc::kNoMemory);
  EXPECT_EQ(os_failure(EADDRINUSE).code, Errc::kAddressInUse);
  EXPECT_EQ(os_failure(EACCES).code, Errc::kPermissionDenied);
  EXPECT_EQ(os_failure(EADDRNOTAVAIL).code, Errc::kAddressInvalid);
  EXPECT_EQ(os_failure(EIO).code, Errc::kSystem);
}

TEST(ErrorTest, KeepsTheNumberAndWhatWasUnderWay) {
  Error error = os_failure(EIO, During::kSend);
  EXPECT_EQ(error.os_error, EIO);
  EXPECT_EQ(error.during, During::kSend);
  EXPECT_EQ(error, (Error{Errc::kSystem, During::kSend, EIO}));
  EXPECT_NE(error, (Error{Errc::kSystem, During::kReceive, EIO}));
}

TEST(ErrorTest, AFailureBecomesAResult) {
  Result<int> result = failure(Errc::kTimeout, During::kReceive);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{Errc::kTimeout, During::kReceive, 0}));
}

TEST(ErrorTest, NamesAreStableAndDistinct) {
  std::set<std::string_view> names;
  for (Errc code : kAllCodes) names.insert(name_of(code));
  EXPECT_EQ(names.size(), std::size(kAllCodes));
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(name_of(Errc::kReset), "reset");
  EXPECT_EQ(name_of(Errc::kTimeout), "timeout");
  EXPECT_EQ(name_of(Errc::kAborted), "aborted");
  EXPECT_EQ(name_of(static_cast<Errc>(200)), "unknown");
}

TEST(ErrorTest, IsDescribedInOneLine) {
  EXPECT_EQ(describe({Errc::kTimeout}), "timeout");
  EXPECT_EQ(describe({Errc::kTimeout, During::kReceive}), "timeout while receiving");
  EXPECT_EQ(describe({Errc::kAborted, During::kAccept}), "aborted while accepting");
  EXPECT_EQ(describe({Errc::kRefused, During::kConnect}), "refused while connecting");
  EXPECT_EQ(describe(os_failure(ECONNRESET, During::kSend)),
            "reset while sending (Connection reset by peer)");
}

}  // namespace
}  // namespace echod
