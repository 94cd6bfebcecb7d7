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
  EXPECT_EQ(error, (Error{.code = Errc::kSystem, .during = During::kSend, .os_error = EIO}));
  EXPECT_NE(error, (Error{.code = Errc::kSystem, .during = During::kReceive, .os_error = EIO}));
}

TEST(ErrorTest, AFailureBecomesAResult) {
  Result<int> result = failure(Errc::kTimeout, During::kReceive);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{Errc::kTimeout, During::kReceive}));
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

TEST(ErrorTest, CarriesLayerAndDetail) {
  const Error plain = os_failure(EMFILE);
  EXPECT_EQ(plain.layer, Layer::kTransport);
  EXPECT_EQ(plain.detail, Detail::kNone);
  const Error error = with_detail(plain, Layer::kProtocol, Detail::kClosedEarly);
  EXPECT_EQ(error.code, plain.code);
  EXPECT_EQ(error.os_error, EMFILE);
  EXPECT_NE(error, plain);
  EXPECT_EQ(error.layer, Layer::kProtocol);
  EXPECT_EQ(error.detail, Detail::kClosedEarly);
}

TEST(ErrorTest, EveryDetailHasATextOfItsOwn) {
  std::set<std::string_view> texts;
  for (int i = 0; i <= static_cast<int>(Detail::kUnexpectedReply); ++i) {
    texts.insert(text_of(static_cast<Detail>(i)));
  }
  EXPECT_EQ(texts.size(), static_cast<size_t>(Detail::kUnexpectedReply) + 1);
  EXPECT_EQ(text_of(Detail::kNone), "");
}

TEST(ErrorTest, IsDescribedInOneLine) {
  EXPECT_EQ(describe({Errc::kTimeout}), "timeout");
  EXPECT_EQ(describe({Errc::kTimeout, During::kReceive}), "timeout while receiving");
  EXPECT_EQ(describe({Errc::kAborted, During::kAccept}), "aborted while accepting");
  EXPECT_EQ(describe({Errc::kRefused, During::kConnect}), "refused while connecting");
  EXPECT_EQ(describe(os_failure(ECONNRESET, During::kSend)),
            "reset while sending (Connection reset by peer)");
  EXPECT_EQ(describe(with_detail(os_failure(EMFILE), Layer::kTransport, Detail::kNoSocket)),
            "cannot open a socket: no descriptors (Too many open files)");
}

}  // namespace
}  // namespace echod
