#include "wire/http/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace echod::wire {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kParent = "b7ad6b7169203331";
const std::string kValue = "00-" + kTrace + "-" + kParent + "-01";

TEST(TraceContext, HasTheFourParts) {
  const auto trace = parse_traceparent(kValue);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->version, "00");
  EXPECT_EQ(trace->trace_id, kTrace);
  EXPECT_EQ(trace->parent_id, kParent);
  EXPECT_EQ(trace->flags, "01");
  EXPECT_EQ(trace->text, kValue);
}

// W3C Trace Context, sections 3.2.2 and 3.2.4.
TEST(TraceContext, RefusesWhatTheSpecificationRefuses) {
  const std::string zeros(32, '0');
  for (const std::string& value :
       {std::string(), std::string("00"), kValue.substr(0, 54), kValue + "0", kValue + "-",
        "00-" + zeros + "-" + kParent + "-01", "00-" + kTrace + "-" + zeros.substr(16) + "-01",
        "ff-" + kTrace + "-" + kParent + "-01", "0g-" + kTrace + "-" + kParent + "-01",
        "00_" + kTrace + "-" + kParent + "-01", "00-" + kTrace + "_" + kParent + "-01",
        "00-" + kTrace + "-" + kParent + "_01", "00-" + kTrace + "-" + kParent + "-0A",
        "00-0AF7651916CD43DD8448EB211C80319C-" + kParent + "-01", " " + kValue.substr(0, 54),
        "01-" + kTrace + "-" + kParent + "-01.more"}) {
    EXPECT_FALSE(parse_traceparent(value)) << value;
  }
}

TEST(TraceContext, ALaterVersionMayHaveMore) {
  for (const std::string more : {"", "-", "-what the future has"}) {
    const std::string value = "cc-" + kTrace + "-" + kParent + "-01" + more;
    const auto trace = parse_traceparent(value);
    ASSERT_TRUE(trace) << value;
    EXPECT_EQ(trace->trace_id, kTrace);
  }
}

TEST(TraceContext, AmongFieldsThereIsOne) {
  const std::string field = "TraceParent:  " + kValue + " \r\n";
  ASSERT_TRUE(trace_context(FieldList(field)));
  EXPECT_EQ(trace_context(FieldList(field))->text, kValue);
  EXPECT_FALSE(trace_context(FieldList("Host: h\r\n")));
  const std::string two = field + "Host: h\r\n" + field;
  EXPECT_FALSE(trace_context(FieldList(two)));
}

}  // namespace
}  // namespace echod::wire
