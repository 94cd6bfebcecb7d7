#include "app/metrics/categories.h"

#include <algorithm>

namespace echod {
namespace {

// In rising order, then the classes of all others.
constexpr std::array<std::string_view, kStatusCount> kStatuses = {
    "none", "100", "101", "102", "103", "200", "201", "202", "203", "204",  "205", "206",
    "207",  "208", "226", "300", "301", "302", "303", "304", "305", "306",  "307", "308",
    "400",  "401", "402", "403", "404", "405", "406", "407", "408", "409",  "410", "411",
    "412",  "413", "414", "415", "416", "417", "418", "421", "422", "423",  "424", "425",
    "426",  "428", "429", "431", "451", "500", "501", "502", "503", "504",  "505", "506",
    "507",  "508", "510", "511", "1xx", "2xx", "3xx", "4xx", "5xx", "other"};

constexpr size_t kFirstClass = kStatusCount - 6;
constexpr int kStatusEnd = 600;

// The place of each status.
constexpr auto kPlaces = [] {
  std::array<uint8_t, kStatusEnd> places{};
  for (size_t status = 100; status < kStatusEnd; ++status) {
    places[status] = static_cast<uint8_t>(kFirstClass + status / 100 - 1);
  }
  for (size_t place = 1; place < kFirstClass; ++place) {
    size_t status = 0;
    for (const char digit : kStatuses[place])
      status = status * 10 + static_cast<size_t>(digit - '0');
    places[status] = static_cast<uint8_t>(place);
  }
  return places;
}();

}  // namespace

size_t outcome_place(const Result<void>& outcome) {
  if (outcome) return 0;
  switch (outcome.error().code) {
    case Errc::kReset:
      return 1;
    case Errc::kTimeout:
      return 2;
    case Errc::kAborted:
    case Errc::kDrained:
      return 3;
    case Errc::kNoMemory:
      return 4;
    case Errc::kProtocol:
      return 5;
    default:
      return 6;
  }
}

size_t status_place(int status) {
  if (status < 0 || status >= kStatusEnd) return kStatusCount - 1;
  return status == 0 || status >= 100 ? kPlaces[static_cast<size_t>(status)] : kStatusCount - 1;
}

std::string_view status_label(size_t place) { return kStatuses[place]; }

bool status_is_expected(size_t place) {
  constexpr std::array kExpected = {0, 200, 400, 404, 408, 500, 503};
  return std::ranges::any_of(kExpected,
                             [place](int status) { return status_place(status) == place; });
}

size_t refusal_place(int code) {
  constexpr size_t kFirstOther = 10;
  for (size_t place = 0; place < kRefusals.size(); ++place) {
    if (kRefusals[place].code == code) return place;
    // A WebSocket's close codes begin at 1000.
    if (kRefusals[place].code == 0 && (code < 1000 || place > kFirstOther)) return place;
  }
  return kFirstOther;
}

}  // namespace echod
