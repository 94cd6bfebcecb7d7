// A non-blocking TCP socket by its descriptor, and the few calls the cases make on it.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

namespace torture {

// A numeric IPv4 or IPv6 address with a port.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  bool is_loopback_v4() const;
  uint16_t port() const;

  // Resolves a name (the first address it has) or a numeric address. The error is a sentence.
  static std::expected<Address, std::string> find(const std::string& host, uint16_t port);
};

class Socket {
 public:
  Socket() = default;
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  // Begins to connect, from `source` where that is not empty (a numeric IPv4 address). The error is
  // an errno. The socket becomes writable when it is connected or has failed: see error().
  static std::expected<Socket, int> connect(const Address& address, const std::string& source);

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  // The pending error, an errno or 0; reading it clears it.
  int error() const;

  // Each send is a segment of its own, unless the kernel has to queue it.
  void set_no_delay() const;
  void set_send_buffer(int bytes) const;

  // As send(2) and recv(2), with EINTR repeated: the bytes, or -errno.
  ssize_t send(std::span<const uint8_t> bytes, bool more = false) const;
  ssize_t receive(std::span<uint8_t> buffer) const;

  // Bytes the other side's kernel has not acknowledged.
  uint64_t unacknowledged() const;

  void shut_down_sending() const;
  void close();
  void reset();  // closes with RST instead of FIN

 private:
  explicit Socket(int fd) : fd_(fd) {}
  int fd_ = -1;
};

// Raises the limit of open files to the hard limit, at most 20,000; returns it.
uint64_t raise_descriptor_limit();

}  // namespace torture
