// The Transport of a SocketStream.
#pragma once

#include "net/endpoint.h"
#include "stream/socket_stream.h"
#include "stream/transport.h"

namespace echod {

class SocketTransport final : public Transport {
 public:
  // References must outlive it; `number` is the connection's.
  SocketTransport(SocketStream& stream, const Endpoint& peer, uint64_t number)
      : stream_(stream), peer_(peer), number_(number) {}

  // For a direct descriptor the kernel reports neither the local address nor TCP_INFO.
  TransportFacts facts() const override {
    const int fd = stream_.fd();
    TransportFacts facts = identity();
    facts.local = (fd < 0 ? Endpoint() : Endpoint::local_of(fd)).to_string();
    if (fd >= 0) facts.tcp = tcp_info_of(fd);
    return facts;
  }

  TransportFacts identity() const override {
    return {.number = number_,
            .remote = peer_.to_string(),
            .source = peer_.source().to_string(),
            .local = {},
            .tcp = {}};
  }

  SocketStream& stream() const { return stream_; }
  const Endpoint& peer() const { return peer_; }
  uint64_t number() const { return number_; }

 private:
  SocketStream& stream_;
  const Endpoint& peer_;
  uint64_t number_;
};

}  // namespace echod
