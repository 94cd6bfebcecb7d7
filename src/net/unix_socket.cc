#include "net/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "net/kernel.h"
#include "net/socket_options.h"

namespace echod {
namespace {

constexpr mode_t kSocketMode = 0660;

std::unexpected<Error> last_failure() { return std::unexpected(os_failure(errno)); }

Result<sockaddr_un> address_of(const std::string& path) {
  if (path.empty() || path.size() > kUnixPathSizeMax || path.contains('\0')) {
    return failure(Errc::kAddressInvalid, During::kNone, path.empty() ? EINVAL : ENAMETOOLONG);
  }
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Fd new_socket() {
  return Fd(kernel().socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Removes the file of a socket on which nobody listens; fails if there is something else.
Result<void> remove_stale(const std::string& path) {
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) return {};  // bind() reports what is wrong
  if (!S_ISSOCK(info.st_mode)) return failure(Errc::kAddressInUse, During::kNone, ENOTSOCK);
  Result<Fd> peer = connect_to_unix(path);
  if (peer || peer.error().code != Errc::kRefused) {
    return failure(Errc::kAddressInUse, During::kNone, EADDRINUSE);
  }
  ::unlink(path.c_str());
  return {};
}

}  // namespace

UnixSocketFile::UnixSocketFile(std::string path) : path_(std::move(path)) {
  struct stat info = {};
  if (::lstat(path_.c_str(), &info) != 0) return;
  device_ = info.st_dev;
  inode_ = info.st_ino;
}

UnixSocketFile& UnixSocketFile::operator=(UnixSocketFile&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void UnixSocketFile::remove() noexcept {
  if (path_.empty()) return;
  struct stat info = {};
  const bool ours = ::lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ &&
                    info.st_ino == inode_ && S_ISSOCK(info.st_mode);
  if (ours) ::unlink(path_.c_str());
  path_.clear();
}

Result<UnixListener> listen_on_unix(const std::string& path) {
  Result<sockaddr_un> address = address_of(path);
  if (!address) return std::unexpected(address.error());
  if (Result<void> removed = remove_stale(path); !removed) return std::unexpected(removed.error());
  UnixListener listener;
  listener.socket = new_socket();
  if (!listener.socket.valid()) return last_failure();
  // The file gets the socket's mode, less the umask, so that it is never wider than wanted; then
  // the umask's part is added.
  ::fchmod(listener.socket.get(), kSocketMode);
  if (kernel().bind(listener.socket.get(), generic(*address), sizeof(*address)) != 0) {
    return last_failure();
  }
  listener.file = UnixSocketFile(path);
  if (::chmod(path.c_str(), kSocketMode) != 0) return last_failure();
  if (kernel().listen(listener.socket.get(), kListenBacklog) != 0) return last_failure();
  return listener;
}

Result<Fd> connect_to_unix(const std::string& path) {
  Result<sockaddr_un> address = address_of(path);
  if (!address) return std::unexpected(address.error());
  Fd socket = new_socket();
  if (!socket.valid()) return last_failure();
  if (kernel().connect(socket.get(), generic(*address), sizeof(*address)) != 0) {
    return last_failure();
  }
  return socket;
}

}  // namespace echod
