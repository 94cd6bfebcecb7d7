// The versions of the libraries that the codecs use, as the libraries themselves state them: a
// program that loads shared libraries may meet others than those it was built with.
#pragma once

#include <string>

namespace echod::wire {

struct LibraryVersions {
  std::string openssl;  // "3.0.19": of the headers
  std::string zlib;
  std::string brotli;
  std::string zstd;
};

LibraryVersions library_versions();

}  // namespace echod::wire
