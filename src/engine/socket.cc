#include "engine/socket.h"

#include <sys/socket.h>

namespace echod {

void Socket::shut_down_sending() noexcept { ::shutdown(fd_.get(), SHUT_WR); }

}  // namespace echod
