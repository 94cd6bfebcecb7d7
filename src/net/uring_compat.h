// The only file that includes liburing. Debian 12 has liburing 2.3, older than the kernels on which
// echod runs.
//
// <liburing.h> comes before any kernel header: Debian's <linux/io_uring.h>, compiled as C++, puts
// io_uring_buf_ring::bufs at the wrong offset, and the first of the two to be included wins.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>

namespace echod {

// setsockopt(2) as a request (SOCKET_URING_OP_SETSOCKOPT of <linux/io_uring.h>, Linux 6.7; an older
// kernel reports an error). `value` must stay valid until the request is submitted.
inline void prepare_set_option(io_uring_sqe* sqe, int fd, int level, int name, const void* value,
                               uint32_t size) {
  constexpr uint32_t kSetSocketOption = 3;
  io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, nullptr, 0, 0);
  sqe->cmd_op = kSetSocketOption;
  // In the newer layout: the level, the option's name, the value's size and the value.
  sqe->addr = static_cast<uint32_t>(level) | static_cast<uint64_t>(static_cast<uint32_t>(name))
                                                 << 32;
  sqe->file_index = size;
  sqe->addr3 = reinterpret_cast<uint64_t>(value);
}

}  // namespace echod

static_assert(offsetof(io_uring_buf_ring, bufs) == 0,
              "<linux/io_uring.h> was included before <liburing.h>");
