// That each label's table says what the code counts, and that nothing a client does leaves it.
#include "app/metrics/categories.h"

#include <gtest/gtest.h>

#include <set>

#include "protocol/protocol.h"

namespace echod {
namespace {

TEST(CategoriesTest, EveryStatusHasALabelThatSaysIt) {
  std::set<std::string_view> labels;
  for (int status = 100; status < 600; ++status) {
    const std::string_view label = status_label(status_place(status));
    labels.insert(label);
    const std::string number = std::to_string(status);
    EXPECT_TRUE(label == number || label == number.substr(0, 1) + "xx") << number << " " << label;
  }
  EXPECT_EQ(labels.size(), kStatusCount - 2) << "all but none and other";
  EXPECT_EQ(status_label(status_place(0)), "none");
  for (int status : {-1, 1, 99, 600, 1000}) {
    EXPECT_EQ(status_label(status_place(status)), "other") << status;
  }
  EXPECT_EQ(status_label(status_place(299)), "2xx");
}

TEST(CategoriesTest, ARefusalIsCountedUnderItsProtocolAndReason) {
  const auto reason = [](int code) {
    const RefusalReason& row = kRefusals[refusal_place(code)];
    return std::string(row.protocol) + " " + std::string(row.reason);
  };
  EXPECT_EQ(reason(400), "http/1 malformed");
  EXPECT_EQ(reason(505), "http/1 http_version");
  EXPECT_EQ(reason(418), "http/1 other");
  EXPECT_EQ(reason(0), "http/1 other");
  EXPECT_EQ(reason(1002), "websocket protocol_error");
  EXPECT_EQ(reason(1013), "websocket memory");
  EXPECT_EQ(reason(4000), "websocket other");
  for (const RefusalReason& row : kRefusals) {
    EXPECT_TRUE(row.protocol == name_of(Protocol::kHttp1) ||
                row.protocol == name_of(Protocol::kWebSocket));
  }
}

TEST(CategoriesTest, AnOutcomeHasTheNameThatTheLogGivesIt) {
  EXPECT_EQ(kOutcomes[outcome_place({})], "closed");
  for (const Errc code :
       {Errc::kReset, Errc::kTimeout, Errc::kAborted, Errc::kNoMemory, Errc::kProtocol}) {
    EXPECT_EQ(kOutcomes[outcome_place(failure(code))], name_of(code));
  }
  EXPECT_EQ(kOutcomes[outcome_place(failure(Errc::kDrained))], "aborted");
  EXPECT_EQ(kOutcomes[outcome_place(failure(Errc::kSystem))], "other");
}

}  // namespace
}  // namespace echod
