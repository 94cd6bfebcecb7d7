#include "http/date.h"

#include <fmt/format.h>

#include <array>

namespace echod::http {

std::string format_http_date(std::chrono::sys_seconds time) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(time - day);
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
      clock.seconds().count());
}

wire::FieldList http_date_field() {
  thread_local std::chrono::sys_seconds last{};
  thread_local std::string text;
  auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (now != last || text.empty()) {
    last = now;
    text.clear();
    wire::append_field(text, "Date", format_http_date(now));
  }
  return wire::FieldList(text);
}

}  // namespace echod::http
