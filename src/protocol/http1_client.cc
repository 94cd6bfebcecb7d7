// stub
#include "protocol/echo_client.h"
namespace echod {
std::unique_ptr<EchoClient> make_http1_client(Stream& stream, BufferPool& buffers,
                                              EchoTraffic& traffic,
                                              const EchoClientOptions& options) {
  return make_tcp_client(stream, buffers, traffic, options);
}
}  // namespace echod
