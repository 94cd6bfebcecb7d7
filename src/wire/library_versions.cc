#include "wire/library_versions.h"

#include <brotli/encode.h>
#include <openssl/opensslv.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdint>

namespace echod::wire {

LibraryVersions library_versions() {
  const uint32_t brotli = BrotliEncoderVersion();  // 12 bits for the minor version and the patch
  // libcrypto is not asked: the answer would bring most of it into a static program.
  return {.openssl = OPENSSL_FULL_VERSION_STR,
          .zlib = zlibVersion(),
          .brotli = std::to_string(brotli >> 24U) + "." + std::to_string((brotli >> 12U) & 0xFFFU) +
                    "." + std::to_string(brotli & 0xFFFU),
          .zstd = ZSTD_versionString()};
}

}  // namespace echod::wire
