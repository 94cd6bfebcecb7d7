#include "engine/loop/send_chunk.h"

#include <sys/socket.h>

#include <cerrno>

namespace echod {

bool would_block(int os_error) { return os_error == EAGAIN || os_error == EWOULDBLOCK; }

int send_chunk(Kernel& kernel, int fd, Chunk& chunk) {
  while (chunk) {
    const ssize_t sent = kernel.send(fd, chunk.data(), chunk.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      chunk.drop_front(static_cast<size_t>(sent));
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace echod
