#include "engine/socket_handle.h"

#include <sys/socket.h>

#include "net/socket_options.h"

namespace echod {

void SocketHandle::shut_down_sending() noexcept {
  if (owner_ != nullptr) {
    owner_->shut_down_direct(slot_);
  } else {
    ::shutdown(fd_.get(), SHUT_WR);
  }
}

void SocketHandle::reset_when_closed() noexcept {
  if (owner_ != nullptr) {
    owner_->set_direct_option(slot_, SOL_SOCKET, SO_LINGER, &kResetLinger, sizeof(kResetLinger));
  } else {
    reset_on_close(fd_.get());
  }
}

void SocketHandle::hold_receive_buffer(bool hold) noexcept {
  if (owner_ != nullptr) {
    const int& value = hold ? kReceiveBufferHeld : kReceiveBufferFree;
    owner_->set_direct_option(slot_, SOL_SOCKET, SO_BUF_LOCK, &value, sizeof(value));
  } else {
    echod::hold_receive_buffer(fd_.get(), hold);
  }
}

}  // namespace echod
