// The one door to liburing. Debian 12 has liburing 2.3, older than the kernels echod runs on.
//
// <liburing.h> comes before any kernel header: Debian's <linux/io_uring.h>, compiled as C++, puts
// io_uring_buf_ring::bufs at the wrong offset, and whichever of the two comes first wins.
#pragma once

#include <liburing.h>

#include <cstddef>

static_assert(offsetof(io_uring_buf_ring, bufs) == 0,
              "<linux/io_uring.h> was included before <liburing.h>");
