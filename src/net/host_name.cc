#include "net/host_name.h"

#include <unistd.h>

#include <array>

namespace echod {

std::string host_name() {
  std::array<char, 256> name{};  // Linux has at most 64 bytes; the last one stays 0
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

}  // namespace echod
