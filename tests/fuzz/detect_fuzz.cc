// Protocol detection: every split gives the same verdict, which is the one that the table in
// wire/detect.h states, spelled out here once more over whole strings.
#include <array>
#include <optional>
#include <string>

#include "fuzz_input.h"
#include "wire/detect.h"

namespace echod::fuzz {
namespace {

using wire::Detected;
using wire::kDetectionSizeMax;

class DetectorReader {
 public:
  void feed(std::string_view bytes) {
    feed_exactly(bytes,
                 [&](std::span<const std::byte> piece) { verdict_ = detector_.feed(piece); });
  }
  Detected result() const { return verdict_; }

  void check_end() {
    const Detected end = detector_.finish();
    ECHOD_CHECK(end == (verdict_ == Detected::kUndecided ? Detected::kRaw : verdict_));
  }

 private:
  wire::Detector detector_;
  Detected verdict_ = Detected::kUndecided;
};

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// After the method and its space.
Detected verdict_on_target(std::string_view text) {
  if (text.empty()) return Detected::kUndecided;
  const char first = text.front();
  if (first != '/' && first != '*' && !is_letter(first)) return Detected::kRaw;
  const size_t size = std::min(text.find(' '), text.size());
  const std::string_view target = text.substr(0, std::min(size, kDetectionSizeMax));
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) return Detected::kRaw;
  }
  if (first == '*' && target.size() > 1) return Detected::kRaw;
  const bool names_host = first == '/' || first == '*' || target.contains(':');
  if (target.size() == kDetectionSizeMax) return names_host ? Detected::kHttp1 : Detected::kRaw;
  if (size == text.size()) return Detected::kUndecided;
  if (!names_host) return Detected::kRaw;
  constexpr std::string_view kVersion = " HTTP/";
  const std::string_view version = text.substr(size, kVersion.size());
  if (!kVersion.starts_with(version)) return Detected::kRaw;
  if (text.size() <= size + kVersion.size()) return Detected::kUndecided;
  const char digit = text[size + kVersion.size()];
  return digit >= '0' && digit <= '9' ? Detected::kHttp1 : Detected::kRaw;
}

Detected verdict_on(std::string_view text) {
  bool undecided = false;
  for (const std::string_view name : wire::kDetectedMethods) {
    const std::string method = std::string(name) + " ";
    undecided = undecided || method.starts_with(text);
    if (text.starts_with(method)) return verdict_on_target(text.substr(method.size()));
  }
  return undecided ? Detected::kUndecided : Detected::kRaw;
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod::fuzz;
  const std::string_view bytes = as_text(data, size);
  ECHOD_CHECK(same_for_every_split(bytes, [] { return DetectorReader(); }) == verdict_on(bytes));
  DetectorReader reader;
  reader.feed(bytes);
  reader.check_end();
  return 0;
}
