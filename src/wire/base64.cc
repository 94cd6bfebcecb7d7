#include "wire/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace echod::wire {

std::string base64(std::string_view bytes) {
  constexpr size_t kPieceSize = 3 << 20;  // the library counts in int
  std::string text;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPieceSize);
    const size_t before = text.size();
    text.resize(before + (piece.size() + 2) / 3 * 4 + 1);  // it ends with a NUL
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data() + before),
                                     reinterpret_cast<const unsigned char*>(piece.data()),
                                     static_cast<int>(piece.size()));
    text.resize(before + static_cast<size_t>(size));
    bytes.remove_prefix(piece.size());
  }
  return text;
}

std::string base64_url(std::string_view bytes) {
  std::string text = base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

}  // namespace echod::wire
