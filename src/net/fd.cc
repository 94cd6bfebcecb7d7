#include "net/fd.h"

#include <unistd.h>

#include "net/kernel.h"

namespace echod {

void Fd::close() noexcept {
  // Linux frees the number even when close() fails with EINTR, so it is never repeated.
  if (number_ >= 0) kernel().close(std::exchange(number_, -1));
}

}  // namespace echod
