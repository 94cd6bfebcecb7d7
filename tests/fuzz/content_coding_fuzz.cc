// Content codings: what Accept-Encoding fields ask for is the same however the list is written, and
// one of the codings with the greatest weight; and any content is decoded to itself, whatever the
// coding, the parts it comes in and the room for what comes out, at each flush and at the end.
//
// The input: a line, the value of Accept-Encoding, and the content behind it.
#include <string>

#include "fuzz_input.h"
#include "wire/coding/content_decoder_test_util.h"
#include "wire/coding/content_encoder.h"
#include "wire/http/content_coding.h"
#include "wire/http/syntax.h"

namespace echod::fuzz {
namespace {

using wire::ContentCoding;
using wire::ContentDecoder;
using wire::ContentEncoder;
using wire::EncoderStep;
using wire::FieldList;

// --- Accept-Encoding ----------------------------------------------------------------------------

// Each coding's weight, the preferred one last.
std::string asked_for(std::string_view fields) {
  std::string text;
  for (const ContentCoding coding : wire::kContentCodings) {
    const int weight = coding_weight(FieldList(fields), coding);
    ECHOD_CHECK(weight >= 0 && weight <= 1000);
    text += std::to_string(weight) + ' ';
  }
  return text + std::string(name_of(preferred_coding(FieldList(fields))));
}

void check_preferred(std::string_view fields) {
  const ContentCoding preferred = preferred_coding(FieldList(fields));
  const int best = coding_weight(FieldList(fields), preferred);
  for (const ContentCoding coding : wire::kContentCodings) {
    ECHOD_CHECK(coding_weight(FieldList(fields), coding) <= best);
  }
  ECHOD_CHECK(best > 0 || preferred == ContentCoding::kIdentity);
}

void check_accepting(std::string_view line) {
  std::string value;
  for (const char c : line) {
    if (wire::in_class(static_cast<unsigned char>(c), wire::CharClass::kValue)) value += c;
  }
  const std::string field = "Accept-Encoding: " + value + "\r\n";
  const std::string whole = asked_for(field);
  check_preferred(field);

  std::string members;  // each in a field of its own
  std::string commas;   // empty members and whitespace say nothing
  std::string capitals;
  for (std::string_view list = value; !list.empty();) {
    const std::string member(wire::consume_member(list));
    members += "X-Other: gzip\r\naccept-ENCODING:" + member + "\r\n";
    commas += " \t,," + member + " ,";
  }
  for (const char c : value)
    capitals += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (!members.empty()) ECHOD_CHECK(asked_for(members) == whole);
  ECHOD_CHECK(asked_for("Accept-Encoding:" + commas + "\r\n") == whole);
  ECHOD_CHECK(asked_for("Accept-Encoding:" + capitals + "\r\n") == whole);
  // The first of two counts, so nothing behind a list that names all of them is heard.
  const std::string all = "br;q=0.1,zstd;q=0.2,gzip;q=0.3,deflate;q=0.4,identity;q=0.5,";
  ECHOD_CHECK(asked_for("Accept-Encoding: " + all + value + "\r\n") ==
              "500 300 400 100 200 identity");
}

// --- Contents -----------------------------------------------------------------------------------

// Calls until it is done, and gives the decoder what was written.
template <typename Call>
void run(ContentDecoder& decoder, Random& random, Call call) {
  for (bool done = false; !done;) {
    std::vector<std::byte> out(ContentEncoder::kOutSizeMin + random.spread(20'000));
    const Result<EncoderStep> step = call(std::span(out));
    ECHOD_CHECK(step.has_value() && step->size <= out.size());
    ECHOD_CHECK(step->done || step->size == out.size());
    ECHOD_CHECK(decoder.feed({reinterpret_cast<const char*>(out.data()), step->size}));
    done = step->done;
  }
}

void check_encoding(ContentCoding coding, std::string_view content, uint64_t seed) {
  Random random(seed);
  ContentEncoder encoder(coding);
  ContentDecoder decoder(coding);
  for (std::string_view rest = content; !rest.empty();) {
    const std::string_view part = rest.substr(0, random.spread(rest.size()));
    rest.remove_prefix(part.size());
    feed_exactly(part, [&](std::span<const std::byte> input) {
      run(decoder, random, [&](std::span<std::byte> out) { return encoder.encode(input, out); });
      ECHOD_CHECK(input.empty());
    });
    if (!random.chance(0.3)) continue;
    run(decoder, random, [&](std::span<std::byte> out) { return encoder.flush(out); });
    ECHOD_CHECK(decoder.text() == content.substr(0, content.size() - rest.size()));
  }
  run(decoder, random, [&](std::span<std::byte> out) { return encoder.finish(out); });
  ECHOD_CHECK(decoder.complete());
  ECHOD_CHECK(decoder.text() == content);
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod::fuzz;
  FuzzInput input(data, size);
  check_accepting(input.text_until('\n'));
  std::string content(input.rest());
  const uint64_t hash = hash_of(as_text(data, size));
  if (hash % 8 == 0) {  // more than the libraries gather before they write
    const std::string once = content + "\n";
    while (content.size() < 150'000) content += once;
  }
  for (const auto coding : echod::wire::kContentCodings) check_encoding(coding, content, hash);
  return 0;
}
