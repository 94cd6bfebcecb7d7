#include "wire/http/content_coding.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "wire/http/accept.h"
#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"identity", "gzip", "deflate", "br", "zstd"};
static_assert(kNames.size() == std::size(kContentCodings));

// The order among codings of equal weight: small output and fast encoding first.
constexpr ContentCoding kByPreference[] = {ContentCoding::kZstd, ContentCoding::kBrotli,
                                           ContentCoding::kGzip, ContentCoding::kDeflate,
                                           ContentCoding::kIdentity};

constexpr int kLeastWeight = 1;

// The combined members of all Accept-Encoding fields.
class AcceptedCodings {
 public:
  explicit AcceptedCodings(FieldList fields) {
    for (const Field& line : fields) {
      if (!equals_ignoring_case(line.name, "Accept-Encoding")) continue;
      any_field_ = true;
      std::string_view list = line.value();
      while (!list.empty()) take(consume_member(list));
    }
  }

  int weight(ContentCoding coding) const {
    const bool identity = coding == ContentCoding::kIdentity;
    if (!any_field_) return identity ? kFullWeight : 0;
    const std::optional<int>& named = named_[static_cast<size_t>(coding)];
    return named.or_else([&] { return others_; }).value_or(identity ? kLeastWeight : 0);
  }

 private:
  // One member of the list: "gzip;q=0.5".
  void take(std::string_view member) {
    const std::string_view name = consume_token(member);
    const std::optional<int> weight = parse_weight_parameter(member);
    if (!weight) return;
    const std::optional<ContentCoding> coding = coding_named(name);
    if (!coding && name != "*") return;
    std::optional<int>& kept = coding ? named_[static_cast<size_t>(*coding)] : others_;
    if (!kept) kept = weight;
  }

  bool any_field_ = false;
  std::array<std::optional<int>, kNames.size()> named_;
  std::optional<int> others_;  // the weight of "*"
};

}  // namespace

std::string_view name_of(ContentCoding coding) { return kNames[static_cast<size_t>(coding)]; }

std::optional<ContentCoding> coding_named(std::string_view name) {
  if (equals_ignoring_case(name, "x-gzip")) return ContentCoding::kGzip;
  for (const ContentCoding coding : kContentCodings) {
    if (equals_ignoring_case(name, name_of(coding))) return coding;
  }
  return std::nullopt;
}

int coding_weight(FieldList fields, ContentCoding coding) {
  return AcceptedCodings(fields).weight(coding);
}

ContentCoding preferred_coding(FieldList fields) {
  const AcceptedCodings accepted(fields);
  const auto* best = std::ranges::max_element(  // the first of equals
      kByPreference, {}, [&](ContentCoding coding) { return accepted.weight(coding); });
  return accepted.weight(*best) > 0 ? *best : ContentCoding::kIdentity;
}

}  // namespace echod::wire
