#include "wire/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace echod::wire {
namespace {

constexpr size_t kBase64BytesMax = size_t{1} << 20;

Result<std::string> digest(const EVP_MD* algorithm, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), value.data(), &size, algorithm, nullptr) != 1) {
    ERR_clear_error();  // or another user of the library on this thread would see it
    return failure(Errc::kNoMemory);
  }
  return std::string(reinterpret_cast<const char*>(value.data()), size);
}

}  // namespace

Result<std::string> sha1(std::string_view bytes) { return digest(EVP_sha1(), bytes); }

Result<std::string> sha256(std::string_view bytes) { return digest(EVP_sha256(), bytes); }

std::string to_base64(std::string_view bytes) {
  ECHOD_CHECK(bytes.size() <= kBase64BytesMax);
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  // It terminates the text with a NUL, where std::string has its own.
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  ECHOD_CHECK(static_cast<size_t>(size) == text.size());
  return text;
}

std::string to_base64_url(std::string_view bytes) {
  std::string text = to_base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

}  // namespace echod::wire
