#include "wire/digest.h"

// OpenSSL would rather have us use EVP. That finds an implementation in a provider, by a
// configuration file and maybe from a shared library, allocates for each digest, and brings every
// algorithm into a static program: 3 MB. Its base64 would do the same, by way of its errors.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/check.h"

namespace echod::wire {
namespace {

template <typename Context, size_t kSize>
std::string digest(std::string_view bytes, int (*begin)(Context*),
                   int (*update)(Context*, const void*, size_t),
                   int (*end)(unsigned char*, Context*)) {
  Context context;
  std::array<unsigned char, kSize> value{};
  const bool done = begin(&context) == 1 && update(&context, bytes.data(), bytes.size()) == 1 &&
                    end(value.data(), &context) == 1;
  ECHOD_CHECK(done);
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

}  // namespace

std::string sha1(std::string_view bytes) {
  return digest<SHA_CTX, SHA_DIGEST_LENGTH>(bytes, SHA1_Init, SHA1_Update, SHA1_Final);
}

std::string sha256(std::string_view bytes) {
  return digest<SHA256_CTX, SHA256_DIGEST_LENGTH>(bytes, SHA256_Init, SHA256_Update, SHA256_Final);
}

std::string to_base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), size_t{3}))) {
    uint32_t group = 0;  // three bytes, which are four digits of six bits
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8U | (i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0U);
    }
    for (size_t digit = 0; digit < 4; ++digit) {
      const bool is_padding = digit > bytes.size();
      text += is_padding ? '=' : kAlphabet[group >> (18 - 6 * digit) & 0x3FU];
    }
  }
  return text;
}

std::string to_base64_url(std::string_view bytes) {
  std::string text = to_base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

}  // namespace echod::wire
