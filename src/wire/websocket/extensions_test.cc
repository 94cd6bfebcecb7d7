// The negotiation of permessage-deflate: RFC 7692 section 7.1, each offer with its response.
#include "wire/websocket/extensions.h"

#include <gtest/gtest.h>

#include <span>
#include <string>

namespace echod::wire {
namespace {

constexpr std::string_view kDeclined = "(declined)";
constexpr std::string_view kMalformed = "(malformed)";

std::string said(const Result<std::optional<DeflateParameters>>& result) {
  if (!result) {
    EXPECT_EQ(result.error().code, Errc::kProtocol);
    return std::string(kMalformed);
  }
  if (!*result) return std::string(kDeclined);
  std::string answer;
  append_deflate_response(answer, result->value_or(DeflateParameters{}));
  EXPECT_TRUE(answer.starts_with("permessage-deflate"));
  return answer.substr(std::string_view("permessage-deflate").size());
}

std::string answer_to(std::string_view offers, const DeflatePolicy& policy = {}) {
  return said(accept_deflate(offers, policy));
}

struct Case {
  std::string_view offers;
  std::string_view answer;
};

void expect_answers(std::span<const Case> table, const DeflatePolicy& policy = {}) {
  for (const Case& one : table) EXPECT_EQ(answer_to(one.offers, policy), one.answer) << one.offers;
}

TEST(WebSocketExtensionsTest, AcceptsWhatIsAskedFor) {
  const Case table[] = {
      {"permessage-deflate", ""},
      {"permessage-deflate; client_max_window_bits", ""},
      {"permessage-deflate; client_max_window_bits=15", "; client_max_window_bits=15"},
      {"permessage-deflate; client_max_window_bits=8", "; client_max_window_bits=8"},
      {"permessage-deflate; server_max_window_bits=15", "; server_max_window_bits=15"},
      {"permessage-deflate; server_max_window_bits=9", "; server_max_window_bits=9"},
      {"permessage-deflate; server_max_window_bits=\"10\"", "; server_max_window_bits=10"},
      {"permessage-deflate; server_max_window_bits=\"1\\0\"", "; server_max_window_bits=10"},
      {"permessage-deflate; server_max_window_bits = 10", "; server_max_window_bits=10"},
      {"permessage-deflate ; server_max_window_bits =\t\"10\"", "; server_max_window_bits=10"},
      {"permessage-deflate; server_no_context_takeover", "; server_no_context_takeover"},
      {"permessage-deflate; client_no_context_takeover", "; client_no_context_takeover"},
      {"\tpermessage-deflate\t;\tclient_max_window_bits=12 ;server_max_window_bits=11"
       ";client_no_context_takeover; server_no_context_takeover ",
       "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11"
       "; client_max_window_bits=12"},
  };
  expect_answers(table);
}

TEST(WebSocketExtensionsTest, DeclinesWhatItDoesNotKnow) {
  const Case table[] = {
      {"", kDeclined},
      {" , ,, ", kDeclined},
      {"permessage-bzip2", kDeclined},
      {"Permessage-Deflate", kDeclined},
      {"x-webkit-deflate-frame; no_context_takeover", kDeclined},
      {"permessage-deflate; unknown", kDeclined},
      {"permessage-deflate; unknown=1", kDeclined},
      {"permessage-deflate; server_no_context_takeover=1", kDeclined},
      {"permessage-deflate; client_no_context_takeover=true", kDeclined},
      {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", kDeclined},
      {"permessage-deflate; client_no_context_takeover; client_no_context_takeover", kDeclined},
      {"permessage-deflate; server_max_window_bits", kDeclined},
      {"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", kDeclined},
      {"permessage-deflate; client_max_window_bits; client_max_window_bits", kDeclined},
      {"permessage-deflate; client_max_window_bits; client_max_window_bits=10", kDeclined},
      {"permessage-deflate; client_max_window_bits=10; client_max_window_bits", kDeclined},
  };
  expect_answers(table);
}

TEST(WebSocketExtensionsTest, DeclinesWrongWindows) {
  for (const auto bits :
       {"0", "7", "16", "015", "08", "-9", "9.0", "1e1", "x", "\"\\ \"x", "99999999999999999999"}) {
    for (const auto name : {"server_max_window_bits=", "client_max_window_bits="}) {
      const std::string offer = "permessage-deflate; " + std::string(name) + bits;
      const std::string answer = answer_to(offer);
      EXPECT_TRUE(answer == kDeclined || answer == kMalformed) << offer << ": " << answer;
      EXPECT_EQ(answer_to("permessage-deflate; " + std::string(name) + "16"), kDeclined);
    }
  }
}

TEST(WebSocketExtensionsTest, DeclinesAWindowThatZlibCannotWrite) {
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=8"), kDeclined);
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=8, permessage-deflate"), "");
}

TEST(WebSocketExtensionsTest, TakesTheFirstOfferItCan) {
  const Case table[] = {
      {"permessage-deflate; server_max_window_bits=10, permessage-deflate",
       "; server_max_window_bits=10"},
      {"foo; bar=\"baz\", permessage-deflate; unknown, "
       "permessage-deflate; client_no_context_takeover",
       "; client_no_context_takeover"},
      {",,permessage-deflate; server_max_window_bits=16,,permessage-deflate,", ""},
  };
  expect_answers(table);
}

TEST(WebSocketExtensionsTest, RefusesABrokenGrammar) {
  for (const auto offers : {";",
                            "permessage-deflate;",
                            "permessage-deflate; ",
                            "permessage-deflate;;a",
                            "=",
                            "a=b",
                            "permessage-deflate; =x",
                            "permessage-deflate; a=",
                            "permessage-deflate; a=\"",
                            "permessage-deflate; a=\"b",
                            "permessage-deflate; a=\"b\\",
                            "permessage-deflate; a=\"\"",
                            "permessage-deflate; a=\"b c\"",
                            "permessage-deflate; a=\"b\"c",
                            "foo; bar=\"b,az\", permessage-deflate",
                            "permessage-deflate a",
                            "permessage-deflate, \x01",
                            "permessage-deflate, a;",
                            "permessage-deflate; a/b",
                            "\"permessage-deflate\""}) {
    EXPECT_EQ(answer_to(offers), kMalformed) << offers;
  }
}

TEST(WebSocketExtensionsTest, AddsWhatThePolicyWants) {
  const DeflatePolicy policy{.server_no_context_takeover = true,
                             .client_no_context_takeover = true,
                             .server_max_window_bits = 10,
                             .client_max_window_bits = 11};
  constexpr std::string_view kFlags = "; server_no_context_takeover; client_no_context_takeover";
  const std::string plain = std::string(kFlags) + "; server_max_window_bits=10";
  EXPECT_EQ(answer_to("permessage-deflate", policy), plain);
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits", policy),
            plain + "; client_max_window_bits=11");
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits=9", policy),
            plain + "; client_max_window_bits=9");
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=9", policy),
            std::string(kFlags) + "; server_max_window_bits=9");
}

TEST(WebSocketExtensionsTest, KnowsWhenAPayloadMayGoBackAsItCame) {
  DeflateParameters agreed{.server_no_context_takeover = true, .client_no_context_takeover = true};
  EXPECT_TRUE(agreed.echoes_as_received());
  agreed.server_max_window_bits = 12;
  EXPECT_FALSE(agreed.echoes_as_received());
  agreed.client_max_window_bits = 12;
  EXPECT_TRUE(agreed.echoes_as_received());
  agreed.client_no_context_takeover = false;
  EXPECT_FALSE(agreed.echoes_as_received());
  agreed = {.client_no_context_takeover = true};
  EXPECT_FALSE(agreed.echoes_as_received());
}

// --- The client's side --------------------------------------------------------------------------

TEST(WebSocketExtensionsTest, WritesOffers) {
  const auto offered = [](const DeflateOffer& offer) {
    std::string out;
    append_deflate_offer(out, offer);
    return out;
  };
  EXPECT_EQ(offered({}), "permessage-deflate; client_max_window_bits");
  EXPECT_EQ(offered({.client_max_window_bits = std::nullopt}), "permessage-deflate");
  EXPECT_EQ(offered({.server_no_context_takeover = true,
                     .client_no_context_takeover = true,
                     .server_max_window_bits = 8,
                     .client_max_window_bits = 9}),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
            "; server_max_window_bits=8; client_max_window_bits=9");
}

std::string check(std::string_view answer,
                  const std::optional<DeflateOffer>& offer = DeflateOffer{}) {
  return said(check_deflate_response(answer, offer));
}

TEST(WebSocketExtensionsTest, ChecksTheAnswer) {
  EXPECT_EQ(check(""), kDeclined);
  EXPECT_EQ(check("permessage-deflate"), "");
  EXPECT_EQ(check("permessage-deflate; server_no_context_takeover"),
            "; server_no_context_takeover");
  EXPECT_EQ(check("permessage-deflate; client_no_context_takeover"),
            "; client_no_context_takeover");
  EXPECT_EQ(check("permessage-deflate; server_max_window_bits=8"), "; server_max_window_bits=8");
  EXPECT_EQ(check("permessage-deflate; client_max_window_bits=9"), "; client_max_window_bits=9");
}

TEST(WebSocketExtensionsTest, RefusesAnAnswerThatIsNone) {
  for (const auto answer :
       {"permessage-bzip2", "permessage-deflate, permessage-deflate", "permessage-deflate, foo",
        "foo, permessage-deflate", "permessage-deflate; unknown", "permessage-deflate;",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=8",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover"}) {
    EXPECT_EQ(check(answer), kMalformed) << answer;
  }
}

TEST(WebSocketExtensionsTest, TheAnswerHasToKeepToTheOffer) {
  EXPECT_EQ(check("permessage-deflate", std::nullopt), kMalformed);
  EXPECT_EQ(check("", std::nullopt), kDeclined);
  const DeflateOffer no_takeover{.server_no_context_takeover = true};
  EXPECT_EQ(check("permessage-deflate", no_takeover), kMalformed);
  const DeflateOffer small{.server_max_window_bits = 10};
  EXPECT_EQ(check("permessage-deflate", small), kMalformed);
  EXPECT_EQ(check("permessage-deflate; server_max_window_bits=11", small), kMalformed);
  EXPECT_EQ(check("permessage-deflate; server_max_window_bits=10", small),
            "; server_max_window_bits=10");
  const DeflateOffer fixed{.client_max_window_bits = std::nullopt};
  EXPECT_EQ(check("permessage-deflate; client_max_window_bits=15", fixed), kMalformed);
  const DeflateOffer ten{.client_max_window_bits = 10};
  EXPECT_EQ(check("permessage-deflate; client_max_window_bits=11", ten), kMalformed);
  EXPECT_EQ(check("permessage-deflate", ten), "; client_max_window_bits=10");
}

TEST(WebSocketExtensionsTest, TheServerAnswersEveryOfferAsTheClientExpects) {
  for (unsigned bits = 0; bits < 256; ++bits) {
    DeflateOffer offer{.server_no_context_takeover = (bits & 1) != 0,
                       .client_no_context_takeover = (bits & 2) != 0};
    if ((bits & 4) != 0) offer.server_max_window_bits = static_cast<uint8_t>(9 + (bits >> 4) % 7);
    offer.client_max_window_bits.reset();
    if ((bits & 8) != 0) offer.client_max_window_bits = static_cast<uint8_t>(9 + (bits >> 5) % 7);
    std::string text;
    append_deflate_offer(text, offer);
    for (const uint8_t most : {uint8_t{9}, uint8_t{12}, uint8_t{15}}) {
      const DeflatePolicy policy{.server_max_window_bits = most, .client_max_window_bits = most};
      const auto answer = accept_deflate(text, policy);
      ASSERT_TRUE(answer && *answer) << text;
      std::string answer_text;
      const DeflateParameters given = answer->value_or(DeflateParameters{});
      append_deflate_response(answer_text, given);
      const auto agreed = check_deflate_response(answer_text, offer);
      ASSERT_TRUE(agreed && *agreed) << text << " -> " << answer_text;
      const DeflateParameters kept = agreed->value_or(DeflateParameters{});
      EXPECT_EQ(kept.server_window_bits(), given.server_window_bits());
      EXPECT_EQ(kept.client_window_bits(), given.client_window_bits());
    }
  }
}

}  // namespace
}  // namespace echod::wire
