// Dates as RFC 9110 section 5.6.7 writes them.
#include "http/date.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace echod::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

TEST(HttpDateTest, TheExampleOfTheRfc) {
  const sys_seconds time = sys_days(1994y / 11 / 6) + 8h + 49min + 37s;
  EXPECT_EQ(format_http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(HttpDateTest, EdgesOfDaysMonthsAndYears) {
  EXPECT_EQ(format_http_date(sys_seconds(0s)), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_http_date(sys_days(1999y / 12 / 31) + 23h + 59min + 59s),
            "Fri, 31 Dec 1999 23:59:59 GMT");
  EXPECT_EQ(format_http_date(sys_days(2000y / 1 / 1)), "Sat, 01 Jan 2000 00:00:00 GMT");
  EXPECT_EQ(format_http_date(sys_seconds(2147483648s)), "Tue, 19 Jan 2038 03:14:08 GMT");
}

TEST(HttpDateTest, LeapYears) {
  EXPECT_EQ(format_http_date(sys_days(2000y / 2 / 28) + 24h), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(format_http_date(sys_days(2024y / 2 / 28) + 24h), "Thu, 29 Feb 2024 00:00:00 GMT");
  EXPECT_EQ(format_http_date(sys_days(2023y / 2 / 28) + 24h), "Wed, 01 Mar 2023 00:00:00 GMT");
  EXPECT_EQ(format_http_date(sys_days(2100y / 2 / 28) + 24h), "Mon, 01 Mar 2100 00:00:00 GMT");
  EXPECT_EQ(format_http_date(sys_days(2024y / 12 / 31)), "Tue, 31 Dec 2024 00:00:00 GMT");
}

TEST(HttpDateTest, EveryMonthAndWeekday) {
  const std::string months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  for (unsigned month = 1; month <= 12; ++month) {
    const std::string date = format_http_date(sys_days(2025y / std::chrono::month(month) / 1));
    EXPECT_EQ(date.substr(8, 3), months.substr(3 * (month - 1), 3));
  }
  const std::string days = "MonTueWedThuFriSatSun";
  for (int day = 0; day < 7; ++day) {  // 6 January 2025 is a Monday
    const std::string date = format_http_date(sys_days(2025y / 1 / 6) + std::chrono::days(day));
    EXPECT_EQ(date.substr(0, 3), days.substr(3 * static_cast<size_t>(day), 3));
    EXPECT_EQ(date.size(), 29u);
  }
}

TEST(HttpDateTest, NowIsNow) {
  auto now = [] {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  };
  // The second may end between the calls, so one of several tries must agree on both sides.
  for (int i = 0; i < 100; ++i) {
    const sys_seconds before = now();
    const std::string date(http_date_field().text());
    if (before != now()) continue;
    EXPECT_EQ(date, "Date: " + format_http_date(before) + "\r\n");
    return;
  }
  FAIL() << "no second was long enough";
}

TEST(HttpDateTest, EachThreadHasItsOwn) {
  const std::string here(http_date_field().text());
  std::string there;
  std::thread([&there] { there = http_date_field().text(); }).join();
  EXPECT_EQ(there.size(), here.size());
}

}  // namespace
}  // namespace echod::http
