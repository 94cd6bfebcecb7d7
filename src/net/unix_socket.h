// Stream sockets of the Unix domain (unix(7)), by path. Abstract names, which have no file
// permissions, are not supported.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "base/error.h"
#include "net/fd.h"

namespace echod {

// Maximum length of a path in bytes: sockaddr_un has 108 with the final null.
inline constexpr size_t kUnixPathSizeMax = 107;

// A listening socket's file. The destructor removes it, unless another file has its place: a newer
// process may have replaced it. Destroy it before the socket is closed: then its inode's number is
// no other file's.
class UnixSocketFile {
 public:
  UnixSocketFile() = default;
  explicit UnixSocketFile(std::string path);  // an existing file
  UnixSocketFile(UnixSocketFile&& other) noexcept { *this = std::move(other); }
  UnixSocketFile& operator=(UnixSocketFile&& other) noexcept;
  ~UnixSocketFile() { remove(); }

  const std::string& path() const { return path_; }

 private:
  void remove() noexcept;

  std::string path_;  // empty: none
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// A non-blocking listening socket and its file.
struct UnixListener {
  Fd socket;
  UnixSocketFile file;  // destroyed first
};

// Listens on `path`. The file's permissions are 0660 whatever the umask, and never wider: its owner
// and group may connect. The file of a socket on which nobody listens any more is replaced. Fails
// with kAddressInUse if somebody listens there, or if the file is not a socket (os_error ENOTSOCK);
// with kAddressInvalid (ENAMETOOLONG) if the path is too long.
Result<UnixListener> listen_on_unix(const std::string& path);

// A non-blocking socket that is connected to `path`: the kernel connects at once, or fails (EAGAIN:
// the backlog is full).
Result<Fd> connect_to_unix(const std::string& path);

}  // namespace echod
