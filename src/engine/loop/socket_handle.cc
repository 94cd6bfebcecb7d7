#include "engine/loop/socket_handle.h"

#include <sys/socket.h>

#include "net/kernel.h"
#include "net/socket_options.h"

namespace echod {

void SocketHandle::shut_down_sending() noexcept {
  if (owner_ != nullptr) {
    owner_->shut_down_direct(slot());
  } else {
    kernel().shutdown(number_, SHUT_WR);
  }
}

void SocketHandle::reset_when_closed() noexcept {
  if (owner_ != nullptr) {
    owner_->set_direct_option(slot(), SOL_SOCKET, SO_LINGER, &kResetLinger, sizeof(kResetLinger));
  } else {
    reset_on_close(number_);
  }
}

void SocketHandle::hold_receive_buffer(bool hold) noexcept {
  if (owner_ != nullptr) {
    const int& value = hold ? kReceiveBufferHeld : kReceiveBufferFree;
    owner_->set_direct_option(slot(), SOL_SOCKET, SO_BUF_LOCK, &value, sizeof(value));
  } else {
    echod::hold_receive_buffer(number_, hold);
  }
}

bool SocketHandle::relieve_receive_buffer() noexcept {
  // A direct descriptor cannot be queried; its deadline applies.
  return owner_ == nullptr && echod::relieve_receive_buffer(number_);
}

void SocketHandle::close() noexcept {
  if (owner_ != nullptr) {
    std::exchange(owner_, nullptr)->close_direct(slot());
  } else {
    Fd(number_).close();
  }
  number_ = -1;
}

}  // namespace echod
