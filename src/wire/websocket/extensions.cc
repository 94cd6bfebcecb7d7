#include "wire/websocket/extensions.h"

#include <algorithm>

#include "base/check.h"
#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

constexpr Error kBroken{.code = Errc::kProtocol, .layer = Layer::kProtocol};

constexpr std::string_view kName = "permessage-deflate";
constexpr std::string_view kServerNoContextTakeover = "server_no_context_takeover";
constexpr std::string_view kClientNoContextTakeover = "client_no_context_takeover";
constexpr std::string_view kServerMaxWindowBits = "server_max_window_bits";
constexpr std::string_view kClientMaxWindowBits = "client_max_window_bits";

void skip_whitespace(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

// Removes a quoted string, whose opening quote is at the front, and returns its value: a token.
std::optional<std::string> consume_quoted_token(std::string_view& text) {
  std::string value;
  bool escaped = false;
  for (size_t i = 1; i < text.size(); ++i) {
    if (!escaped && text[i] == '"') {
      text.remove_prefix(i + 1);
      return is_token(value) ? std::optional(value) : std::nullopt;
    }
    escaped = !escaped && text[i] == '\\';
    if (!escaped) value += text[i];
  }
  return std::nullopt;
}

// One parameter; without a value if it had no "=".
struct Parameter {
  std::string_view name;
  std::optional<std::string> value = std::nullopt;
};

// Removes ";" OWS token [ OWS "=" OWS ( token / quoted-string ) ] from the front: RFC 6455 section
// 9.1 uses the grammar of RFC 2616, which allows white space between any two tokens.
std::optional<Parameter> consume_parameter(std::string_view& text) {
  text.remove_prefix(1);
  skip_whitespace(text);
  Parameter parameter{.name = consume_token(text)};
  if (parameter.name.empty()) return std::nullopt;
  skip_whitespace(text);
  if (!text.starts_with('=')) return parameter;
  text.remove_prefix(1);
  skip_whitespace(text);
  if (text.starts_with('"')) {
    parameter.value = consume_quoted_token(text);
  } else if (const std::string_view token = consume_token(text); !token.empty()) {
    parameter.value = token;
  }
  if (!parameter.value) return std::nullopt;
  return parameter;
}

// One element of the list, as far as it concerns permessage-deflate.
struct Element {
  bool deflate = false;    // it names permessage-deflate
  bool acceptable = true;  // each parameter is known, unique and valid
  bool client_bits_named = false;
  DeflateParameters parameters = {};
};

std::optional<uint8_t> window_bits(const std::string& text) {
  const auto number = parse_decimal(text);
  if (!number || *number < kWindowBitsMin || *number > kWindowBitsMax) return std::nullopt;
  return static_cast<uint8_t>(*number);
}

// Returns whether the parameter is not a duplicate and has no value.
bool take_flag(bool& flag, const Parameter& parameter) {
  const bool right = !flag && !parameter.value;
  flag = true;
  return right;
}

bool take_parameter(Element& element, const Parameter& parameter) {
  DeflateParameters& known = element.parameters;
  if (parameter.name == kServerNoContextTakeover) {
    return take_flag(known.server_no_context_takeover, parameter);
  }
  if (parameter.name == kClientNoContextTakeover) {
    return take_flag(known.client_no_context_takeover, parameter);
  }
  if (parameter.name == kServerMaxWindowBits) {
    if (known.server_max_window_bits || !parameter.value) return false;
    known.server_max_window_bits = window_bits(*parameter.value);
    return known.server_max_window_bits.has_value();
  }
  if (parameter.name == kClientMaxWindowBits) {
    if (element.client_bits_named) return false;
    element.client_bits_named = true;
    if (!parameter.value) return true;
    known.client_max_window_bits = window_bits(*parameter.value);
    return known.client_max_window_bits.has_value();
  }
  return false;
}

// Removes one element of the list from the front. Nothing if it is malformed.
std::optional<Element> consume_element(std::string_view& text) {
  const std::string_view name = consume_token(text);
  if (name.empty()) return std::nullopt;
  Element element{.deflate = name == kName};
  for (;;) {
    skip_whitespace(text);
    if (!text.starts_with(';')) break;
    const auto parameter = consume_parameter(text);
    if (!parameter) return std::nullopt;
    if (!take_parameter(element, *parameter)) element.acceptable = false;
  }
  if (!text.empty() && !text.starts_with(',')) return std::nullopt;
  return element;
}

// Passes each element of the list to `take`. Empty elements are skipped (RFC 9110 section 5.6.1.2).
// False if the list is malformed.
template <typename Take>
bool each_element(std::string_view text, Take take) {
  for (;;) {
    while (text.starts_with(' ') || text.starts_with('\t') || text.starts_with(',')) {
      text.remove_prefix(1);
    }
    if (text.empty()) return true;
    const auto element = consume_element(text);
    if (!element) return false;
    take(*element);
  }
}

// The response to a well-formed offer, or nothing if it is not acceptable.
std::optional<DeflateParameters> response_to(const Element& offer, const DeflatePolicy& policy) {
  const DeflateParameters& asked = offer.parameters;
  if (asked.server_window_bits() < kDeflateWindowBitsMin) return std::nullopt;
  DeflateParameters response{.server_no_context_takeover = asked.server_no_context_takeover ||
                                                           policy.server_no_context_takeover,
                             .client_no_context_takeover = asked.client_no_context_takeover ||
                                                           policy.client_no_context_takeover};
  const uint8_t server_bits = std::min(asked.server_window_bits(), policy.server_max_window_bits);
  // An offer with server_max_window_bits must be accepted with that parameter, even at its maximum.
  if (asked.server_max_window_bits || server_bits < kWindowBitsMax) {
    response.server_max_window_bits = server_bits;
  }
  const uint8_t client_bits = std::min(asked.client_window_bits(), policy.client_max_window_bits);
  // A client that did not offer client_max_window_bits does not expect it in the response.
  if (asked.client_max_window_bits || (offer.client_bits_named && client_bits < kWindowBitsMax)) {
    response.client_max_window_bits = client_bits;
  }
  return response;
}

// Whether `element` is a valid response to `offer`, and the client supports it.
bool matches_offer(const DeflateOffer& offer, const Element& element) {
  const DeflateParameters& response = element.parameters;
  if (!element.deflate || !element.acceptable) return false;
  if (offer.server_no_context_takeover && !response.server_no_context_takeover) return false;
  if (offer.server_max_window_bits) {
    if (!response.server_max_window_bits) return false;
    if (*response.server_max_window_bits > *offer.server_max_window_bits) return false;
  }
  if (!element.client_bits_named) return true;
  if (!offer.client_max_window_bits || !response.client_max_window_bits) return false;
  return *response.client_max_window_bits <= *offer.client_max_window_bits &&
         *response.client_max_window_bits >= kDeflateWindowBitsMin;
}

void append_flag(std::string& out, std::string_view name, bool there) {
  if (!there) return;
  out += "; ";
  out += name;
}

void append_bits(std::string& out, std::string_view name, std::optional<uint8_t> bits) {
  append_flag(out, name, bits.has_value());
  if (bits) out += "=" + std::to_string(*bits);
}

}  // namespace

Result<std::optional<DeflateParameters>> accept_deflate(std::string_view offers,
                                                        const DeflatePolicy& policy) {
  ECHOD_CHECK(policy.server_max_window_bits >= kDeflateWindowBitsMin &&
              policy.server_max_window_bits <= kWindowBitsMax);
  ECHOD_CHECK(policy.client_max_window_bits >= kWindowBitsMin &&
              policy.client_max_window_bits <= kWindowBitsMax);
  std::optional<DeflateParameters> response;
  const bool well_formed = each_element(offers, [&](const Element& offer) {
    if (!response && offer.deflate && offer.acceptable) response = response_to(offer, policy);
  });
  if (!well_formed) return std::unexpected(kBroken);
  return response;
}

Result<std::optional<DeflateParameters>> check_deflate_response(
    std::string_view response, const std::optional<DeflateOffer>& offer) {
  std::optional<DeflateParameters> agreed;
  bool right = true;
  const bool well_formed = each_element(response, [&](const Element& element) {
    if (agreed || !offer || !matches_offer(*offer, element)) {
      right = false;
      return;
    }
    agreed = element.parameters;
    // The window that the client announced applies even if the server does not repeat it.
    const uint8_t own_bits = offer->client_max_window_bits.value_or(kWindowBitsMax);
    if (own_bits < agreed->client_window_bits()) agreed->client_max_window_bits = own_bits;
  });
  if (!well_formed || !right) return std::unexpected(kBroken);
  return agreed;
}

void append_deflate_offer(std::string& out, const DeflateOffer& offer) {
  out += kName;
  append_flag(out, kServerNoContextTakeover, offer.server_no_context_takeover);
  append_flag(out, kClientNoContextTakeover, offer.client_no_context_takeover);
  append_bits(out, kServerMaxWindowBits, offer.server_max_window_bits);
  if (offer.client_max_window_bits == kWindowBitsMax) {
    append_flag(out, kClientMaxWindowBits, true);  // no value: any will do
  } else {
    append_bits(out, kClientMaxWindowBits, offer.client_max_window_bits);
  }
}

void append_deflate_response(std::string& out, const DeflateParameters& parameters) {
  out += kName;
  append_flag(out, kServerNoContextTakeover, parameters.server_no_context_takeover);
  append_flag(out, kClientNoContextTakeover, parameters.client_no_context_takeover);
  append_bits(out, kServerMaxWindowBits, parameters.server_max_window_bits);
  append_bits(out, kClientMaxWindowBits, parameters.client_max_window_bits);
}

}  // namespace echod::wire
